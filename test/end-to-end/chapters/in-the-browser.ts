import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OpenBrowser, openBrowser } from '../../support/browser.ts';
import type { System } from '../../support/system.ts';

/** What a user does and sees, in a real browser that checks the certificate. */
export function inTheBrowser(system: System): void {
  let browser: OpenBrowser;
  let page: Page;
  let url: string;
  beforeAll(async () => {
    await system.must('up');
    const door = await system.door();
    url = door.url.origin;
    browser = await openBrowser(door.authority);
    page = await browser.context.newPage();
  });
  afterAll(() => browser?.close());

  const value = (name: string) =>
    page
      .locator('.facts p', { hasText: `${name}:` })
      .locator('.value')
      .innerText();

  test('without the authority the browser refuses the page', async () => {
    const other = await openBrowser();
    try {
      const stranger = await other.context.newPage();
      await expect(stranger.goto(url)).rejects.toThrow('ERR_CERT_AUTHORITY_INVALID');
    } finally {
      await other.close();
    }
  });

  test('a click makes a data; the page shows it, its id and the total', async () => {
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(url);
    await page.getByText(/total datas: \d+/).waitFor();
    const total = Number(await value('total datas'));
    await page.getByRole('button', { name: 'make a data' }).click();
    await page.getByText(/the data's id: \d+/).waitFor();
    await page.getByText(`total datas: ${total + 1}`).waitFor();
    expect(await value('the data')).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(complaints).toEqual([]);
    if (process.env.PTP_SCREENSHOT) await screenshot(page);
  });

  test('reloading the page keeps the data', async () => {
    const before = { data: await value('the data'), id: await value("the data's id") };
    await page.reload();
    await page.getByText(/the data's id: \d+/).waitFor();
    expect({ data: await value('the data'), id: await value("the data's id") }).toEqual(before);
  });

  test('the page fits a small screen', async () => {
    await page.setViewportSize({ width: 320, height: 640 });
    const wide = await page.evaluate(
      'document.documentElement.scrollWidth > document.documentElement.clientWidth',
    );
    expect(wide).toBe(false);
  });
}

/** For the README: into the checkout, not into the copy. */
async function screenshot(page: Page): Promise<void> {
  const path = join(import.meta.dirname, '../../../docs/images/page.png');
  mkdirSync(dirname(path), { recursive: true });
  // Where the pointer was leaves a colour on the button.
  await page.mouse.move(0, 0);
  await page.screenshot({ path });
}
