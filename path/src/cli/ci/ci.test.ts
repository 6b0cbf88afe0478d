import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { UserMistake } from '../../core/failure.ts';
import { githubPipeline } from './github.ts';
import { githubErrors } from './github-parser.test-support.ts';
import { gitlabPipeline } from './gitlab.ts';
import type { PipelineInput } from './pipeline.ts';
import { isUntouched } from './seal.ts';
import { writePipeline } from './write.ts';

const input = (over: Partial<PipelineInput> = {}): PipelineInput => ({
  name: 'shop',
  target: 'cloud',
  cloud: 'eks',
  folder: '.',
  file: 'ptp.yaml',
  branch: 'main',
  command: 'npx ptp',
  ...over,
});
const clouds = ['eks', 'gke', 'aks'] as const;

describe.each(clouds)('for %s', (cloud) => {
  test('GitHub takes the workflow, and its parser would see what is wrong', async () => {
    const { text, path } = githubPipeline(input({ cloud, folder: 'apps/shop' }));
    expect(path).toBe('.github/workflows/ptp-cloud.yml');
    expect(await githubErrors(text)).toEqual([]);
    expect(await githubErrors(text.replace('runs-on:', 'run-on:'))).not.toEqual([]);
    expect(await githubErrors(text.replace('vars.', 'vers.'))).not.toEqual([]);
  });

  test('a pull request plans and cannot release, a commit of main releases, and no key is stored', () => {
    const { jobs } = parse(githubPipeline(input({ cloud })).text);
    expect(jobs.plan.if).toMatch(/^github\.event_name == 'pull_request' && .*head\.repo/);
    expect(jobs.up.if).toBe("github.event_name == 'push' && github.ref == 'refs/heads/main'");
    expect(JSON.stringify(jobs.plan)).toContain('npx ptp plan --target cloud');
    expect(JSON.stringify(jobs.plan)).not.toMatch(/ptp up|_UP\b/);
    expect(JSON.stringify(jobs.up)).toContain('npx ptp up --yes --target cloud');
    expect(JSON.stringify(jobs)).not.toMatch(/secrets\.|SECRET|ACCESS_KEY/);
    for (const { permissions, concurrency } of [jobs.plan, jobs.up]) {
      expect(permissions).toEqual({ contents: 'read', 'id-token': 'write' });
      expect(concurrency['cancel-in-progress']).toBe(concurrency.group.includes('plan'));
    }
    for (const step of [...jobs.plan.steps, ...jobs.up.steps])
      if (step.uses !== undefined) expect(step.uses).toMatch(/@[0-9a-f]{40}$/);
  });

  test('GitLab: a merge request plans, a commit of main releases, and no key is stored', () => {
    const { path, text } = gitlabPipeline(input({ cloud, folder: 'apps/shop', branch: 'trunk' }));
    expect(path).toBe('.gitlab-ci.yml');
    const { stages, workflow, ...jobs } = parse(text);
    expect(stages).toEqual(['plan', 'up']);
    expect(workflow.rules).toHaveLength(2);
    const { 'plan cloud': plan, 'up cloud': up } = jobs;
    expect(plan.rules).toEqual([{ if: '$CI_PIPELINE_SOURCE == "merge_request_event"' }]);
    expect(up.rules).toEqual([{ if: '$CI_COMMIT_BRANCH == "trunk"' }]);
    expect(up.resource_group).toBe('ptp-cloud');
    expect(plan.script.slice(-2)).toEqual(['cd "apps/shop"', 'npx ptp plan --target cloud']);
    expect(up.script.at(-1)).toBe('npx ptp up --yes --target cloud');
    expect(Object.keys(up.id_tokens)).toEqual(['CLOUD_TOKEN', 'SIGSTORE_ID_TOKEN']);
    expect(text).not.toMatch(/SECRET|ACCESS_KEY|password/i);
  });

  test('every variable that a pipeline reads is told, and every one that is told is read', () => {
    const { text, variables } = githubPipeline(input({ cloud }));
    const read = new Set([...text.matchAll(/vars\.(\w+)/g)].map((match) => match[1]));
    expect([...read].sort()).toEqual(variables.map(({ name }) => name).sort());
  });
});

test('ptp.yaml under another name is named', () => {
  expect(githubPipeline(input({ file: 'shop.yaml' })).text).toContain('plan --target cloud --file shop.yaml');
});

describe('writing', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'ptp-ci-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const pipeline = (branch = 'main') => githubPipeline(input({ branch }));
  const write = (force = false, branch = 'main') => writePipeline(root, pipeline(branch), { force });
  const content = () => readFileSync(join(root, pipeline().path), 'utf8');

  test('it is made, stays, and follows what it is written from', async () => {
    expect(await write()).toBe('created');
    expect(isUntouched(content())).toBe(true);
    expect(await write()).toBe('unchanged');
    expect(await write(false, 'trunk')).toBe('configured');
    expect(content()).toBe(pipeline('trunk').text);
  });

  test('what somebody changed or wrote is left alone, unless told otherwise', async () => {
    await write();
    const changed = content().replace('timeout-minutes: 120', 'timeout-minutes: 20');
    for (const text of [changed, 'name: mine\n', '']) {
      writeFileSync(join(root, pipeline().path), text);
      await expect(write()).rejects.toThrow(UserMistake);
      expect(content()).toBe(text);
    }
    expect(await write(true)).toBe('configured');
    expect(content()).toBe(pipeline().text);
  });
});
