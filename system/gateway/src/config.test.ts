import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConfigMistake, readConfig } from './config.ts';

describe('readConfig', () => {
  it('has defaults for everything', () => {
    expect(readConfig({ PORT: '' })).toMatchObject({
      port: 8080,
      managementPort: 9090,
      routes: [
        { prefix: '/api', upstream: 'http://backend:8080', stripPrefix: true },
        { prefix: '/', upstream: 'http://frontend:8080', stripPrefix: false },
      ],
      trustedProxies: [],
    });
  });

  it('reports every problem at once', () => {
    const problems = problemsOf({
      PORT: '0x10',
      MANAGEMENT_PORT: '70000',
      BACKEND_URL: 'http://backend:8080/path',
      FRONTEND_URL: 'ftp://frontend',
      LOG_LEVEL: 'loud',
      TRUSTED_PROXIES: '10.0.0.0/8,10.0.0.0/33,traefik',
      ROUTES_FILE: '/does/not/exist.json',
    });
    const text = problems.join('\n');
    for (const name of [
      'PORT:',
      'MANAGEMENT_PORT:',
      'BACKEND_URL:',
      'FRONTEND_URL:',
      'LOG_LEVEL:',
      '10.0.0.0/33',
      'traefik',
      'ROUTES_FILE:',
    ]) {
      expect(text).toContain(name);
    }
  });

  it('never shows a password that was put into a URL', () => {
    expect(problemsOf({ BACKEND_URL: 'http://user:hunter2@backend' }).join()).not.toContain('hunter2');
  });

  it('refuses a lame-duck time beyond the whole time to stop', () => {
    expect(problemsOf({ LAME_DUCK_SECONDS: '9', DRAIN_SECONDS: '8' })).toHaveLength(1);
  });

  it('takes the routes from a file, in its order', () => {
    const file = routesFile([
      { prefix: '/api/v2', upstream: 'http://two:80', stripPrefix: true },
      { prefix: '/', upstream: 'http://one:81' },
    ]);
    expect(readConfig({ ROUTES_FILE: file }).routes).toEqual([
      { prefix: '/api/v2', upstream: 'http://two', stripPrefix: true },
      { prefix: '/', upstream: 'http://one:81', stripPrefix: false },
    ]);
  });

  it.each([
    [[]],
    [[{ prefix: 'api', upstream: 'http://a' }]],
    [[{ prefix: '/api/', upstream: 'http://a' }]],
    [[{ prefix: '/../a', upstream: 'http://a' }]],
    [[{ prefix: '/a', upstream: 'a' }]],
    [[{ prefix: '/a', upstream: 'http://a', stripPrefx: true }]],
    [{ prefix: '/' }],
  ])('refuses the routes %j', (routes) => {
    expect(problemsOf({ ROUTES_FILE: routesFile(routes) }).join()).toContain('ROUTES_FILE');
  });
});

function routesFile(routes: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'routes.json');
  writeFileSync(file, JSON.stringify(routes));
  return file;
}

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigMistake) return error.problems;
    throw error;
  }
  return [];
}
