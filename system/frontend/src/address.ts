import { parseId } from './api.ts';

/** The id that a page's address names: `undefined` when it names none, `invalid` when what it names is no id. */
export function idOfAddress(search: string): number | 'invalid' | undefined {
  const text = new URLSearchParams(search).get('id');
  return text === null ? undefined : (parseId(text) ?? 'invalid');
}

/** The same address with this id in it, to show the same data when it is opened again. */
export function addressWithId(href: string, id: number): string {
  const url = new URL(href);
  url.searchParams.set('id', String(id));
  return url.href;
}
