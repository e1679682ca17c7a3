/** Log-likelihood ratio of a negative-binomial count at ρ times its mean against the mean, variance/mean constant: linear in the count. */

/** What one report says for rate ×ρ, in nats. */
export function gainOf(rho: number, dispersion: number): number {
  return Math.log((rho * dispersion) / (1 + rho * (dispersion - 1)))
}

/** What one expected report says against it. */
export function costOf(rho: number, dispersion: number): number {
  const excess = dispersion - 1
  return excess < 1e-9 ? rho - 1 : Math.log((1 + rho * excess) / dispersion) / excess
}
