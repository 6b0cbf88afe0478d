const pattern = /^(\d+(?:\.\d*)?|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|m|k|M|G|T|P|E|[eE][+-]?\d+)?$/;

const factors: Readonly<Record<string, number>> = {
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/**
 * The number a Kubernetes quantity stands for (`250m` → 0.25, `1Gi` → 1073741824), or undefined where the text is
 * no quantity above zero. The suffixes `n` and `u` are left out: nothing that ptp.yaml describes is that small.
 */
export function quantity(text: string): number | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, digits = '', suffix = ''] = match;
  const value = /^[eE]./.test(suffix)
    ? Number(`${digits}${suffix}`)
    : Number(digits) * (factors[suffix] ?? 1);
  return value > 0 && Number.isFinite(value) ? value : undefined;
}
