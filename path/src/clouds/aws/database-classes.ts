import type { Price } from '../price.ts';

/** The smallest server that RDS has for PostgreSQL. */
export const usualDatabaseClass = 'db.t4g.micro';

/** How many times the price of `large` a size costs: within a family prices are proportional. */
const burstable: Readonly<Record<string, number>> = {
  micro: 0.125,
  small: 0.25,
  medium: 0.5,
  large: 1,
  xlarge: 2,
  '2xlarge': 4,
};
const steady: Readonly<Record<string, number>> = {
  large: 1,
  xlarge: 2,
  '2xlarge': 4,
  '4xlarge': 8,
  '8xlarge': 16,
  '12xlarge': 24,
  '16xlarge': 32,
};

/** The families of servers that ptp knows the prices of, and their sizes. */
export const databaseFamilies: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  t4g: burstable,
  t3: burstable,
  m6g: steady,
  m7g: steady,
  r6g: steady,
  r7g: steady,
};

/** Whether RDS has such a class for PostgreSQL, as far as ptp knows. Pure. */
export function isDatabaseClass(text: string): boolean {
  const [db, family = '', size = '', ...rest] = text.split('.');
  return db === 'db' && rest.length === 0 && databaseFamilies[family]?.[size] !== undefined;
}

/** What a server of a class with that much disk (GiB) costs. Pure. */
export function databaseCosts(text: string, storage: number): readonly Price[] {
  const [, family = '', size = ''] = text.split('.');
  const factor = databaseFamilies[family]?.[size];
  return [
    ...(factor === undefined ? [] : [{ item: `rds-${family}-large`, quantity: factor }]),
    { item: 'rds-storage', quantity: storage },
    { item: 'secret', quantity: 1 },
  ];
}
