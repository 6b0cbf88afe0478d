import type { Bill, BilledResource } from '../../core/bill.ts';
import { clean, type Look, styled, table } from './look.ts';

const marks = {
  create: '+',
  update: '~',
  keep: '=',
  wait: '…',
  replace: '!',
  missing: '✘',
  foreign: '✘',
} as const;
const words: Readonly<Partial<Record<BilledResource['change'], string>>> = {
  wait: 'on its way',
  replace: 'failed, is made anew',
  missing: 'is not there: it has to be made first',
  foreign: "is there and is not this project's",
};
const colors = {
  create: 'green',
  update: 'yellow',
  keep: 'dim',
  wait: 'yellow',
  replace: 'red',
  missing: 'red',
  foreign: 'red',
} as const;

/** What a target in a cloud is made of, line by line, with prices, choices and what is in the way. */
export function billLines(bill: Bill, look: Look): readonly string[] {
  const { resources, indirect, choices, obstacles, account } = bill;
  const rows = table([
    ...resources.map(({ change, there, kind, name, monthly, usually }) => [
      change === 'keep' && !there
        ? `> ${clean(kind)}`
        : `${styled(look, colors[change], marks[change])} ${clean(kind)}`,
      clean(name),
      monthly === undefined ? '' : amount(bill, monthly),
      [
        words[change],
        change === 'keep' && !there ? 'later' : undefined,
        change === 'create' && usually !== undefined ? `takes ${time(usually)}` : undefined,
      ]
        .filter(Boolean)
        .join(', '),
    ]),
    ...indirect.map(({ text, monthly }) => [`> ${clean(text)}`, '', amount(bill, monthly), 'by the cluster']),
  ]);
  return [
    account === undefined
      ? `${bill.cloud}, ${bill.region}: no credentials are here, so nothing was looked at and all is shown as new. ${bill.howToEnter}`
      : `${bill.cloud}, ${bill.region}: account ${clean(account.name)}, as ${clean(account.who)}`,
    '',
    ...rows.map((row) => `  ${row}`),
    '',
    `About ${amount(bill, bill.monthly)} a month by the list prices of ${bill.date}, without traffic, requests, logs and tax. Not verified on a real account.`,
    ...choices.map((choice) => `  ${choice}`),
    ...obstacles.flatMap(({ what, next }) => [
      `${styled(look, 'red', '✘')} ${clean(what)}`,
      ...(next === undefined ? [] : [`  ${next}`]),
    ]),
  ];
}

/** What making what is not there would add to the bill, a month. */
export function added({ resources, indirect }: Bill): number {
  const fresh = resources.filter(({ change }) => change === 'create' || change === 'replace');
  const cluster = fresh.length > 0 ? indirect : [];
  return [...fresh, ...cluster].reduce((sum, one) => sum + (one.monthly ?? 0), 0);
}

/** `$ 12.50` */
export function amount({ currency }: Pick<Bill, 'currency'>, money: number): string {
  return `${currency === 'USD' ? '$' : currency} ${money < 100 ? money.toFixed(2) : Math.round(money)}`;
}

function time(seconds: number): string {
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
