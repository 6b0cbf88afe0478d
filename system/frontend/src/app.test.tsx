// @vitest-environment happy-dom
import { createRoot } from 'react-dom/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createApi } from './api.ts';
import { App } from './app.tsx';
import { type FakeBackend, held, json, type Reply, startBackend } from './backend.fake.ts';

let backend: FakeBackend;
const atEnd: (() => void)[] = [];

beforeEach(async () => {
  backend = await startBackend(['one', 'two', 'three']);
});
afterEach(async () => {
  for (const end of atEnd.splice(0)) end();
  await backend.stop();
});

/** Opens the page at an address of the backend's origin, as the gateway shows it. */
function open(address = '/', timeout = 10_000) {
  const { happyDOM } = window as unknown as { readonly happyDOM: { setURL(url: string): void } };
  happyDOM.setURL(new URL(address, backend.url).href);
  const element = document.createElement('div');
  document.body.replaceChildren(element);
  const root = createRoot(element);
  root.render(<App api={createApi(timeout)} />);
  const close = () => root.unmount();
  atEnd.push(close);
  const button = (name: string) =>
    [...element.querySelectorAll('button')].find(({ textContent }) => textContent === name);
  return {
    element,
    close,
    button,
    text: () => [...element.querySelectorAll('p')].map(({ textContent }) => textContent).join('\n'),
    alerts: () =>
      [...element.querySelectorAll('[role=alert]')].map(({ textContent }) => textContent).filter(Boolean),
    status: () => element.querySelector('[role=status]')?.textContent,
    /** Clicks as soon as the button is there and free. */
    click: async (name: string) => {
      await soon(() => expect(button(name)?.getAttribute('aria-disabled')).toBe('false'));
      button(name)?.click();
    },
  };
}

const status =
  (code: number): Reply =>
  (response) =>
    json(response, code, {});
const broken: Reply = (response) => response.destroy();
const posts = () => backend.requests.filter((request) => request === 'POST /api/').length;
/** Waits until it holds; the limit is only for what never will, however slow the machine. */
const soon = (check: () => void) => vi.waitFor(check, { timeout: 15_000, interval: 10 });

test('the total loads when the page opens, and is not called 0 before', async () => {
  const count = held((response) => json(response, 200, { count: 3 }));
  backend.next('GET /api/', count.reply);
  const page = open();
  await count.arrived;
  expect(page.text()).toContain('total datas: loading…');
  count.letGo();
  await soon(() => expect(page.text()).toContain('total datas: 3'));
  expect(posts()).toBe(0);
  expect(page.alerts()).toEqual([]);
});

test('a click makes a data and shows it with its id and the new total', async () => {
  const page = open();
  await page.click('make a data');
  await soon(() => expect(page.text()).toContain('the data: made-4'));
  expect(page.text()).toContain("the data's id: 4");
  await soon(() => expect(page.text()).toContain('total datas: 4'));
  await soon(() => expect(page.status()).toBe('Made the data with the id 4.'));
  expect(page.alerts()).toEqual([]);
});

test('the page is busy, and says so, until the data is shown; more clicks make nothing', async () => {
  const making = held((response) => response.writeHead(201, { location: 'https://a.example/2' }).end());
  const showing = held((response) =>
    json(response, 200, { id: 2, data: 'two', createdAt: '2026-11-23T05:27:00Z' }),
  );
  backend.next('POST /api/', making.reply);
  backend.next('GET /api/2', showing.reply);
  const page = open();
  await page.click('make a data');
  page.button('make a data')?.click();
  await making.arrived;
  await soon(() => expect(page.button('making a data…')?.getAttribute('aria-disabled')).toBe('true'));
  expect(page.status()).toBe('Making a data…');
  page.button('making a data…')?.click();
  making.letGo();
  await showing.arrived;
  page.button('making a data…')?.click();
  showing.letGo();
  await soon(() => expect(page.text()).toContain('the data: two'));
  await soon(() => expect(page.button('make a data')?.getAttribute('aria-disabled')).toBe('false'));
  expect(posts()).toBe(1);
  await page.click('make a data');
  await soon(() => expect(posts()).toBe(2));
});

test('the busy button keeps the focus of the keyboard', async () => {
  const making = held(status(503));
  backend.next('POST /api/', making.reply);
  const page = open();
  await soon(() => expect(page.button('make a data')).toBeDefined());
  page.button('make a data')?.focus();
  await page.click('make a data');
  await soon(() => expect(page.button('making a data…')).toBe(document.activeElement));
  making.letGo();
  await soon(() => expect(page.button('make a data')).toBe(document.activeElement));
});

test('the data is still there after a reload', async () => {
  const page = open('/?theme=plain');
  await page.click('make a data');
  await soon(() => expect(page.text()).toContain('the data: made-4'));
  expect(location.search).toBe('?theme=plain&id=4');
  page.close();
  const again = open(location.pathname + location.search);
  await soon(() => expect(again.text()).toContain('the data: made-4'));
  expect(again.text()).toContain("the data's id: 4");
  expect(posts()).toBe(1);
});

test('an address with an id that is not there, or is none, says so', async () => {
  const missing = open('/?id=99');
  await soon(() => expect(missing.alerts()).toEqual(['There is no data with the id 99.']));
  expect(missing.button('try again')).toBeUndefined();
  missing.close();
  const invalid = open('/?id=0x1');
  await soon(() => expect(invalid.alerts()).toEqual(['The id in this page’s address is not valid.']));
  await soon(() => expect(invalid.text()).toContain('total datas: 3'));
  expect(backend.requests.filter((request) => /api\/.+/.test(request))).toEqual(['GET /api/99']);
});

test.each<readonly [string, Reply, string]>([
  [
    'an error',
    status(503),
    'The server is in trouble (error 503). Whether a data was made is not certain: the total will tell.',
  ],
  ['a refusal', status(429), 'No data was made. The server refused (error 429).'],
  [
    'a broken connection',
    broken,
    'The server could not be reached. Whether a data was made is not certain: the total will tell.',
  ],
])('%s while making is told, and can be tried again', async (_, reply, words) => {
  backend.next('POST /api/', reply);
  const page = open();
  await page.click('make a data');
  await soon(() => expect(page.alerts()).toEqual([words]));
  await page.click('try again');
  await soon(() => expect(page.text()).toContain('the data: made-4'));
  await soon(() => expect(page.alerts()).toEqual([]));
  await soon(() => expect(page.text()).toContain('total datas: 4'));
});

test('no answer in time is told', async () => {
  backend.next('POST /api/', () => undefined);
  const page = open('/', 200);
  await page.click('make a data');
  await soon(() => expect(page.alerts().join()).toContain('did not answer within 0.2 seconds'));
});

test('a data that was made but not shown is fetched again, not made again', async () => {
  backend.next('GET /api/4', status(502));
  const page = open();
  await page.click('make a data');
  const words =
    'The data with the id 4 was made, but could not be shown. The server is in trouble (error 502).';
  await soon(() => expect(page.alerts()).toEqual([words]));
  expect(location.search).toBe('?id=4');
  await page.click('try again');
  await soon(() => expect(page.text()).toContain('the data: made-4'));
  await soon(() => expect(page.alerts()).toEqual([]));
  expect(posts()).toBe(1);
});

test('a data whose place the answer does not tell is not offered to be made again', async () => {
  backend.next('POST /api/', (response) => response.writeHead(201).end());
  const page = open();
  await page.click('make a data');
  await soon(() => expect(page.alerts().join()).toContain('A data seems to be made, but cannot be shown.'));
  expect(page.button('try again')).toBeUndefined();
});

test('a total that does not load is told, is unknown rather than 0, and can be tried again', async () => {
  backend.next('GET /api/', broken);
  const page = open();
  await soon(() =>
    expect(page.alerts()).toEqual(['The total could not be loaded. The server could not be reached.']),
  );
  expect(page.text()).toContain('total datas: unknown');
  page.button('try again')?.focus();
  await page.click('try again');
  await soon(() => expect(page.text()).toContain('total datas: 3'));
  await soon(() => expect(page.alerts()).toEqual([]));
  // The button that had the focus is gone; the place on the page is not.
  await soon(() => expect(document.activeElement?.tagName).toBe('H1'));
});

test('a total that cannot be brought up to date keeps the last and says so', async () => {
  const page = open();
  await soon(() => expect(page.text()).toContain('total datas: 3'));
  backend.next('GET /api/', status(500));
  await page.click('make a data');
  await soon(() => expect(page.alerts().join()).toContain('The total could not be brought up to date.'));
  await soon(() => expect(page.text()).toContain('the data: made-4'));
  expect(page.text()).toContain('total datas: 3');
});

test('the same trouble twice is announced twice: the alert stays, its text comes anew', async () => {
  backend.next('POST /api/', status(503));
  backend.next('POST /api/', status(503));
  const page = open();
  await soon(() => expect(page.element.querySelectorAll('[role=alert]')).toHaveLength(2));
  const alert = page.element.querySelector('[role=alert]');
  await page.click('make a data');
  await soon(() => expect(alert?.textContent).toContain('503'));
  const first = alert?.firstChild;
  const retry = page.button('try again');
  expect(retry).toBeDefined();
  retry?.focus();
  await page.click('try again');
  await soon(() => expect(alert?.firstChild).not.toBe(first));
  expect(alert?.textContent).toContain('503');
  await soon(() => expect(page.button('try again')).toBe(retry));
  expect(document.activeElement).toBe(retry);
});

test('a newer request ends the older one, whose answer cannot overwrite it and is no trouble', async () => {
  const old = { arrived: false, ended: false };
  backend.next('GET /api/', (response) => {
    old.arrived = true;
    response.on('close', () => {
      old.ended = true;
    });
  });
  const newer = held((response) => json(response, 200, { count: 4 }));
  backend.next('GET /api/', newer.reply);
  const page = open();
  await soon(() => expect(old.arrived).toBe(true));
  await page.click('make a data');
  await newer.arrived;
  await soon(() => expect(old.ended).toBe(true));
  await soon(() => expect(page.text()).toContain('the data: made-4'));
  expect(page.alerts()).toEqual([]);
  newer.letGo();
  await soon(() => expect(page.text()).toContain('total datas: 4'));
});

test('a page that is closed leaves no request behind', async () => {
  const asked = { arrived: false, ended: false };
  backend.next('GET /api/', (response) => {
    asked.arrived = true;
    response.on('close', () => {
      asked.ended = true;
    });
  });
  const page = open();
  await soon(() => expect(asked.arrived).toBe(true));
  page.close();
  await soon(() => expect(asked.ended).toBe(true));
});

test('what a screen reader and a keyboard need is there', async () => {
  const page = open();
  await soon(() => expect(page.button('make a data')).toBeDefined());
  expect(page.element.querySelectorAll('main')).toHaveLength(1);
  expect(page.element.querySelectorAll('h1')).toHaveLength(1);
  expect(page.element.querySelectorAll('[role=status]')).toHaveLength(1);
  for (const button of page.element.querySelectorAll('button')) {
    expect(button.type).toBe('button');
    expect(button.disabled).toBe(false);
    expect(button.tabIndex).toBe(0);
  }
  // Nothing inline: the Content-Security-Policy allows none.
  expect(page.element.querySelectorAll('[style], style, script')).toHaveLength(0);
});
