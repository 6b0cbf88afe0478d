import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';

/** A browser with a user of its own. */
export interface OpenBrowser {
  readonly context: BrowserContext;
  /** Ends it and forgets its user. */
  close(): Promise<void>;
}

const programs = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/**
 * Opens this machine's Chromium, 1280 by 800, for a user who trusts the given authority (PEM) beside those that
 * everybody trusts. Certificates are checked as for any user.
 */
export async function openBrowser(authority?: string): Promise<OpenBrowser> {
  const executablePath = programs.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error('no Chromium here; `npm test` installs it on Debian');
  const home = mkdtempSync(join(tmpdir(), 'ptp-browser-'));
  if (authority !== undefined) trust(home, authority);
  const context = await chromium.launchPersistentContext(join(home, 'profile'), {
    executablePath,
    headless: true,
    viewport: { width: 1280, height: 800 },
    env: { PATH: process.env.PATH ?? '', HOME: home, LANG: 'C.UTF-8', TZ: 'UTC' },
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  return {
    context,
    close: async () => {
      await context.close();
      rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

/** As a user would: into the NSS database in which Chromium on Linux looks for what its user trusts. */
function trust(home: string, authority: string): void {
  const folder = join(home, '.pki/nssdb');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(home, 'authority.crt');
  writeFileSync(file, authority);
  execFileSync('certutil', ['-d', `sql:${folder}`, '-N', '--empty-password']);
  execFileSync('certutil', ['-d', `sql:${folder}`, '-A', '-t', 'C,,', '-n', 'ptp', '-i', file]);
}
