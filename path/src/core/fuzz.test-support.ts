const factor = Number(process.env.PTP_FUZZ_RUNS || 1);
if (!(factor >= 0.01 && factor <= 100_000)) throw new Error('PTP_FUZZ_RUNS is a factor, such as 20');

/** The time that a test of `fuzzed` may take, in milliseconds. */
export const fuzzTime = 60_000 * Math.max(1, factor);

/**
 * How fast-check runs a property: `runs` times, or as many times that as `PTP_FUZZ_RUNS` says. Without it the seed is
 * always the same, so that a commit is not refused for what another one did; with it the seed is a new one. A failure
 * tells its seed; `PTP_FUZZ_SEED` takes it. One run that hangs fails with what it hung on.
 */
export function fuzzed(runs: number): {
  readonly numRuns: number;
  readonly seed: number;
  readonly timeout: number;
} {
  const { PTP_FUZZ_RUNS, PTP_FUZZ_SEED } = process.env;
  const seed = PTP_FUZZ_SEED ? Number(PTP_FUZZ_SEED) : PTP_FUZZ_RUNS ? Date.now() | 0 : 20_260_101;
  return { numRuns: Math.max(1, Math.round(runs * factor)), seed, timeout: 30_000 };
}

/** Processor seconds of this process while `work` was done, whatever else the machine did meanwhile. */
export async function processorSeconds(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
