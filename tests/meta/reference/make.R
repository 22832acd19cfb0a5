# Pinned reference values: R's metafor on public data sets, one JSON file a data set. Run by `nox -s reference`.
suppressPackageStartupMessages(library(metafor))
folder <- commandArgs(trailingOnly = TRUE)[1]

quoted <- function(x) paste0('"', gsub('"', '\\\\"', x), '"')
json <- function(x) {
  if (is.null(x)) return("null")
  if (is.list(x)) {
    body <- vapply(x, json, "")
    if (is.null(names(x))) return(paste0("[", paste(body, collapse = ", "), "]"))
    return(paste0("{", paste(quoted(names(x)), body, sep = ": ", collapse = ",\n "), "}"))
  }
  out <- if (is.character(x)) quoted(x) else ifelse(is.na(x), "null", format(x, digits = 15, trim = TRUE))
  if (length(x) == 1) out else paste0("[", paste(out, collapse = ", "), "]")
}
column <- function(x) as.list(x)

random <- function(yi, vi) {
  out <- list()
  for (m in c("DL", "PM", "REML", "ML")) {
    fit <- rma(yi, vi, method = m, control = list(maxiter = 10000, threshold = 1e-12, tol = 1e-12))
    hk <- rma(yi, vi, method = m, test = "knha", control = list(maxiter = 10000, threshold = 1e-12, tol = 1e-12))
    guard <- rma(yi, vi, method = m, test = "adhoc", control = list(maxiter = 10000, threshold = 1e-12, tol = 1e-12))
    shrunk <- blup(fit)
    out[[tolower(m)]] <- list(
      estimate = as.numeric(fit$beta), se = fit$se, ci_low = fit$ci.lb, ci_high = fit$ci.ub, tau2 = fit$tau2,
      se_tau2 = fit$se.tau2, i2 = fit$I2 / 100, h2 = fit$H2, q = fit$QE, q_p = fit$QEp,
      hk_se = hk$se, hk_low = hk$ci.lb, hk_high = hk$ci.ub, guard_se = guard$se, guard_low = guard$ci.lb,
      shrunk = column(shrunk$pred), shrunk_se = column(shrunk$se))
  }
  profile <- confint(rma(yi, vi, method = "REML"), control = list(tau2.max = 1000 * max(vi) + 1000 * var(yi), tol = 1e-12))
  out$tau2_low <- profile$random[1, 2]
  out$tau2_high <- profile$random[1, 3]
  fixed <- rma(yi, vi, method = "EE")
  out$common <- list(estimate = as.numeric(fixed$beta), se = fixed$se, q = fixed$QE)
  out
}
write <- function(name, source, kind, data, expected) {
  body <- list(source = paste(source, "| values: R metafor", as.character(packageVersion("metafor"))), kind = kind,
               data = data, expected = expected)
  writeLines(json(body), file.path(folder, paste0(name, ".json")))
}
two <- function(name, source, d, measures, mh, glmm = FALSE) {
  data <- list(study = d$study, e1 = column(d$e1), n1 = column(d$n1), e0 = column(d$e0), n0 = column(d$n0))
  expected <- list()
  for (m in measures) {
    es <- suppressWarnings(escalc(m, ai = d$e1, n1i = d$n1, ci = d$e0, n2i = d$n0, add = 0, to = "none", drop00 = FALSE))
    keep <- is.finite(es$yi) & is.finite(es$vi) & es$vi > 0
    expected[[m]] <- c(list(yi = column(es$yi[keep]), vi = column(es$vi[keep])), random(es$yi[keep], es$vi[keep]))
  }
  for (m in mh) {
    f <- suppressWarnings(rma.mh(measure = m, ai = d$e1, n1i = d$n1, ci = d$e0, n2i = d$n0, add = 0, to = "none", drop00 = FALSE, correct = FALSE))
    expected[[paste0("mh_", m)]] <- list(estimate = as.numeric(f$beta), se = f$se)
  }
  f <- suppressWarnings(rma.peto(ai = d$e1, n1i = d$n1, ci = d$e0, n2i = d$n0, add = 0, to = "none", drop00 = FALSE))
  expected$peto <- list(estimate = as.numeric(f$beta), se = f$se)
  if (glmm) {
    g <- suppressWarnings(rma.glmm(measure = "OR", ai = d$e1, n1i = d$n1, ci = d$e0, n2i = d$n0, model = "CM.EL", drop00 = FALSE))
    expected$conditional <- list(estimate = as.numeric(g$beta), se = g$se, tau2 = g$tau2)
  }
  write(name, source, "two binary arms", data, expected)
}
rates <- function(name, source, d) {
  data <- list(study = d$study, e1 = column(d$e1), t1 = column(d$t1), e0 = column(d$e0), t0 = column(d$t0))
  es <- suppressWarnings(escalc("IRR", x1i = d$e1, t1i = d$t1, x2i = d$e0, t2i = d$t0, add = 0, to = "none", drop00 = FALSE))
  keep <- is.finite(es$yi) & is.finite(es$vi)
  f <- suppressWarnings(rma.mh(measure = "IRR", x1i = d$e1, t1i = d$t1, x2i = d$e0, t2i = d$t0, add = 0, to = "none", drop00 = FALSE, correct = FALSE))
  g <- suppressWarnings(rma.glmm(measure = "IRR", x1i = d$e1, t1i = d$t1, x2i = d$e0, t2i = d$t0, model = "CM.EL", drop00 = FALSE))
  expected <- list(IRR = c(list(yi = column(es$yi[keep]), vi = column(es$vi[keep])), random(es$yi[keep], es$vi[keep])),
                   mh_IRR = list(estimate = as.numeric(f$beta), se = f$se),
                   conditional = list(estimate = as.numeric(g$beta), se = g$se, tau2 = g$tau2))
  write(name, source, "two arms with person-time", data, expected)
}

d <- dat.bcg
two("bcg", "Colditz 1994, JAMA 271:698; metadat dat.bcg", list(study = paste(d$author, d$year), e1 = d$tpos,
    n1 = d$tpos + d$tneg, e0 = d$cpos, n0 = d$cpos + d$cneg), c("RR", "OR", "RD"), c("OR", "RR", "RD"), TRUE)
d <- subset(dat.yusuf1985, table == 6)
d <- d[complete.cases(d[, c("ai", "n1i", "ci", "n2i")]), ]
two("yusuf1985", "Yusuf 1985, Progress in Cardiovascular Diseases 27:335, table 6; metadat dat.yusuf1985",
    list(study = paste(d$id, d$trial), e1 = d$ai, n1 = d$n1i, e0 = d$ci, n0 = d$n2i), c("OR"), c("OR"), FALSE)
d <- dat.nielweise2007
two("nielweise2007", "Niel-Weise 2007, Intensive Care Medicine 33:2058; metadat dat.nielweise2007",
    list(study = paste(d$author, d$year), e1 = d$ai, n1 = d$n1i, e0 = d$ci, n0 = d$n2i), c("OR"), c("OR"), TRUE)
d <- dat.hine1989
two("hine1989", "Hine 1989, Annals of Internal Medicine 111:353; metadat dat.hine1989",
    list(study = d$source, e1 = d$ai, n1 = d$n1i, e0 = d$ci, n0 = d$n2i), c("RD", "OR"), c("RD", "OR"), FALSE)
d <- dat.nielweise2008
rates("nielweise2008", "Niel-Weise 2008, Journal of Antimicrobial Chemotherapy 61:1009; metadat dat.nielweise2008",
      list(study = paste(d$authors, d$year), e1 = d$x1i, t1 = d$t1i, e0 = d$x2i, t0 = d$t2i))
d <- dat.hart1999
rates("hart1999", "Hart 1999, Annals of Internal Medicine 131:492; metadat dat.hart1999",
      list(study = d$study, e1 = d$x1i, t1 = d$t1i, e0 = d$x2i, t0 = d$t2i))

d <- dat.pritz1997
expected <- list()
for (m in c("PLO", "PAS", "PFT")) {
  es <- escalc(m, xi = d$xi, ni = d$ni, add = 0, to = "none")
  keep <- is.finite(es$yi) & is.finite(es$vi)
  expected[[m]] <- c(list(yi = column(es$yi[keep]), vi = column(es$vi[keep])), random(es$yi[keep], es$vi[keep]))
}
es <- escalc("PFT", xi = d$xi, ni = d$ni)
fit <- rma(yi, vi, data = es, method = "REML")
expected$pft_back <- predict(fit, transf = transf.ipft.hm, targs = list(ni = d$ni))$pred
g <- suppressWarnings(rma.glmm(measure = "PLO", xi = d$xi, ni = d$ni))
expected$likelihood <- list(estimate = as.numeric(g$beta), se = g$se, tau2 = g$tau2)
write("pritz1997", "Pritz 1997, Neurosurgery Quarterly 7:1; metadat dat.pritz1997", "one binary arm",
      list(study = d$authors, e = column(d$xi), n = column(d$ni)), expected)

d <- dat.normand1999
expected <- list()
for (m in c("MD", "SMD")) {
  es <- escalc(m, m1i = d$m1i, sd1i = d$sd1i, n1i = d$n1i, m2i = d$m2i, sd2i = d$sd2i, n2i = d$n2i)
  expected[[m]] <- c(list(yi = column(as.numeric(es$yi)), vi = column(as.numeric(es$vi))), random(as.numeric(es$yi), as.numeric(es$vi)))
}
write("normand1999", "Normand 1999, Statistics in Medicine 18:321; metadat dat.normand1999", "two means",
      list(study = d$source, m1 = column(d$m1i), s1 = column(d$sd1i), n1 = column(d$n1i), m0 = column(d$m2i),
           s0 = column(d$sd2i), n0 = column(d$n2i)), expected)

tight <- list(maxiter = 10000, threshold = 1e-12, tol = 1e-12)
fine <- function(yi, vi) rma(yi, vi, control = tight)
contrasts <- function(name, source, study, yi, vi, x = NULL) {
  expected <- random(yi, vi)
  egger <- regtest(fine(yi, vi), model = "lm")
  expected$egger <- list(z = egger$zval, p = egger$pval)
  random_egger <- regtest(fine(yi, vi))
  expected$egger_random <- list(z = random_egger$zval, p = random_egger$pval)
  inf <- influence(fine(yi, vi))
  expected$influence <- list(rstudent = column(inf$inf$rstudent), dffits = column(inf$inf$dffits),
                             cook = column(inf$inf$cook.d), hat = column(inf$inf$hat), tau2_del = column(inf$inf$tau2.del))
  leave <- leave1out(fine(yi, vi))
  expected$leave_one_out <- column(leave$estimate)
  if (!is.null(x)) {
    for (t in c("z", "knha")) {
      r <- rma(yi, vi, mods = ~x, test = t, control = tight)
      expected[[paste0("regression_", t)]] <- list(beta = column(as.numeric(r$beta)), se = column(r$se), tau2 = r$tau2,
                                                   qm = r$QM, qe = r$QE, r2 = r$R2 / 100)
    }
  }
  step <- tryCatch(selmodel(rma(yi, vi, method = "ML", control = tight), type = "stepfun", steps = 0.025,
                            alternative = if (mean(yi) > 0) "greater" else "less"), error = function(e) NULL)
  if (!is.null(step)) expected$selection <- list(estimate = as.numeric(step$beta), tau2 = step$tau2, delta = step$delta[2], lrt = step$LRT)
  write(name, source, "contrasts", list(study = study, yi = column(yi), vi = column(vi), x = column(x)), expected)
}
d <- dat.raudenbush1985
contrasts("raudenbush1985", "Raudenbush 1984; metadat dat.raudenbush1985", paste(d$author, d$year, d$study), as.numeric(d$yi),
          as.numeric(d$vi), as.numeric(d$weeks))
contrasts("schools", "Rubin 1981, Journal of Educational Statistics 6:377, table 1 (eight schools)", LETTERS[1:8],
          c(28, 8, -3, 7, -1, 1, 18, 12), c(15, 10, 16, 11, 9, 11, 10, 18)^2)
d <- escalc("RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
contrasts("bcg-contrasts", "Colditz 1994, JAMA 271:698; metadat dat.bcg", paste(d$author, d$year), as.numeric(d$yi),
          as.numeric(d$vi), as.numeric(d$ablat))

network <- function(name, source, d, yi, vi, ref) {
  d$trt <- relevel(factor(d$treatment), ref = ref)
  d$study <- factor(d$study)
  d$yi <- yi
  d$vi <- vi
  fixed <- rma.mv(yi, vi, mods = ~ 0 + study + trt, data = d)
  fit <- rma.mv(yi, vi, mods = ~ 0 + study + trt, random = ~ trt | study, rho = 0.5, data = d, sparse = FALSE,
                control = list(rel.tol = 1e-12))
  pick <- grep("^trt", rownames(fit$beta))
  expected <- list(treatments = as.list(sub("^trt", "", rownames(fit$beta)[pick])),
                   common = list(estimate = column(fixed$beta[pick]), se = column(fixed$se[pick]), q = fixed$QE),
                   reml = list(estimate = column(fit$beta[pick]), se = column(fit$se[pick]), tau2 = fit$tau2))
  list(source = source, expected = expected)
}
d <- dat.senn2013
n <- network("senn2013", "Senn 2013, Statistical Methods in Medical Research 22:169; metadat dat.senn2013", d, d$mi, d$sdi^2 / d$ni, "placebo")
write("network-senn2013", n$source, "network of means", list(study = as.list(d$study), treatment = as.list(d$treatment),
      mean = column(d$mi), sd = column(d$sdi), n = column(d$ni)), n$expected)
d <- dat.hasselblad1998
write("network-hasselblad1998", "Hasselblad 1998, Medical Decision Making 18:37; metadat dat.hasselblad1998", "network of counts",
      list(study = column(d$study), treatment = as.list(d$trt), events = column(d$xi), n = column(d$ni)),
      list(published = list(source = "Dias 2011, NICE DSU Technical Support Document 2 (last updated 2016), smoking cessation, random effects",
           self_help = 0.49, ind_counseling = 0.84, grp_counseling = 1.10, tau = 0.82)))
