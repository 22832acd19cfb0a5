"""Parameters that no paper prints, found by simulating the trial that shows them.

So far one fit, of X:BOT's course of treatment and visits; posteriors, targets and validation come here too.
"""
