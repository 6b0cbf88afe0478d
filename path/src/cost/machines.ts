/** A machine that a cloud rents out, as far as prices are compared. */
export interface Machine {
  readonly name: string;
  readonly cpu: number;
  /** GiB */
  readonly memory: number;
  /** For 730 hours on demand. */
  readonly month: number;
  /** The same size with processors of another make, where there is one. */
  readonly arm?: { readonly name: string; readonly month: number };
}

/**
 * What machines cost that are as large as computers people have: Amazon EC2, us-east-1, Linux, on demand. Whoever
 * changes a price changes the date. They serve to compare parts with each other; a bill has traffic, disks and tax too.
 */
export const machines: {
  readonly date: string;
  readonly currency: string;
  readonly where: string;
  readonly source: string;
  readonly all: readonly Machine[];
} = {
  date: '2025-06',
  currency: 'USD',
  where: 'Amazon EC2, us-east-1, on demand',
  source: 'list prices from memory, not looked up',
  all: [
    { name: 't3.small', cpu: 2, memory: 2, month: 15.18, arm: { name: 't4g.small', month: 12.26 } },
    { name: 't3.medium', cpu: 2, memory: 4, month: 30.37, arm: { name: 't4g.medium', month: 24.53 } },
    { name: 't3.large', cpu: 2, memory: 8, month: 60.74, arm: { name: 't4g.large', month: 49.06 } },
    { name: 'r6i.large', cpu: 2, memory: 16, month: 91.98, arm: { name: 'r6g.large', month: 73.58 } },
    { name: 'm6i.xlarge', cpu: 4, memory: 16, month: 140.16, arm: { name: 'm6g.xlarge', month: 112.42 } },
    { name: 'r6i.xlarge', cpu: 4, memory: 32, month: 183.96, arm: { name: 'r6g.xlarge', month: 147.17 } },
    { name: 'm6i.2xlarge', cpu: 8, memory: 32, month: 280.32, arm: { name: 'm6g.2xlarge', month: 224.84 } },
    { name: 'r6i.2xlarge', cpu: 8, memory: 64, month: 367.92, arm: { name: 'r6g.2xlarge', month: 294.34 } },
    { name: 'm6i.4xlarge', cpu: 16, memory: 64, month: 560.64, arm: { name: 'm6g.4xlarge', month: 449.68 } },
    {
      name: 'm6i.8xlarge',
      cpu: 32,
      memory: 128,
      month: 1121.28,
      arm: { name: 'm6g.8xlarge', month: 899.36 },
    },
  ],
};

/** The cheapest machine that has so many processors and so much memory (GiB); undefined where none is that large. Pure. */
export function machineFor(cpu: number, memory: number): Machine | undefined {
  return machines.all
    .filter((one) => one.cpu >= cpu && one.memory >= memory)
    .toSorted((one, other) => one.month - other.month)[0];
}
