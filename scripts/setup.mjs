// Brings node_modules up to package-lock.json before a script of package.json runs. Plain JavaScript that Node 18
// understands, because it is what installs the Node that everything else is written for.
//
//   node scripts/setup.mjs            install what is missing; a few milliseconds when nothing is
//   node scripts/setup.mjs --tests    and the Debian packages that the tests drive, where this is root on Debian
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(root, 'node_modules');
const record = join(modules, '.ptp-lock-hash');
const say = (text) => process.stderr.write(`setup: ${text}\n`);

const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n${lock}`).digest('hex');

if (read(record) !== hash || !existsSync(join(modules, '.bin', 'node'))) {
  // npm's own record of what it installed: somebody may have run npm by hand.
  if (!installedByHand()) install();
  checkNode();
  writeFileSync(record, hash);
}
if (process.argv.includes('--tests')) installForTests();

/** Whether node_modules already is what the lockfile says. */
function installedByHand() {
  const hidden = read(join(modules, '.package-lock.json'));
  if (hidden === undefined || !existsSync(join(modules, '.bin', 'node'))) return false;
  const installed = JSON.parse(hidden).packages;
  const wanted = Object.entries(JSON.parse(lock).packages).filter(([path]) => path.includes('node_modules/'));
  return wanted.every(([path, { version, integrity, optional, link }]) => {
    const there = installed[path];
    // Optional packages for other machines are in the lockfile and rightly not here.
    if (there === undefined) return optional === true;
    return link === true ? there.link === true : there.version === version && there.integrity === integrity;
  });
}

/** Runs `npm ci` with the Node that was here before, because npm ci deletes the one in node_modules. */
function install() {
  say('installing what package-lock.json names (npm ci)');
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes(`node_modules${sep}.bin`))
    .join(delimiter);
  const run = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    // npm's output goes to standard error: standard output belongs to the script that follows.
    stdio: ['ignore', 2, 2],
    env: { ...process.env, PATH: path },
    shell: process.platform === 'win32',
  });
  if (run.status === 0) return;
  say(
    `npm ci failed${run.error === undefined ? '' : `: ${run.error.message}`}. Mend what it says above, then try again.`,
  );
  process.exit(1);
}

/** The Node that npm puts first on PATH for the script that follows. */
function checkNode() {
  const wanted = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies.node;
  const run = spawnSync(join(modules, '.bin', 'node'), ['--version'], { encoding: 'utf8' });
  const found = run.status === 0 ? run.stdout.trim() : 'none';
  if (found === `v${wanted}`) return;
  say(`node_modules/.bin/node is ${found}, not v${wanted}.`);
  say(
    'Its install script did not run: allow it with `npm rebuild node --ignore-scripts=false`, then try again.',
  );
  process.exit(1);
}

/** Debian packages that tests use, each with how to see that it is there. */
function installForTests() {
  const needed = [
    ['chromium', () => onPath('chromium') || onPath('chromium-browser') || onPath('google-chrome')],
    // certutil: the browser of the tests trusts the cluster's authority in a store of its own.
    ['libnss3-tools', () => onPath('certutil')],
    // Others' eyes on our images, and another clock to build them by.
    ['skopeo', () => onPath('skopeo')],
    ['buildah', () => onPath('buildah')],
    ['faketime', () => onPath('faketime')],
    // A name server whose zone takes updates.
    ['knot', () => existsSync('/usr/sbin/knotd')],
    ['postgresql', () => onPath('postgres') || folders('/usr/lib/postgresql').length > 0],
  ];
  const missing = needed.filter(([, there]) => !there()).map(([name]) => name);
  if (missing.length === 0) return;
  const root = typeof process.getuid === 'function' && process.getuid() === 0;
  if (!root || !onPath('apt-get')) {
    say(`the tests need ${missing.join(' and ')}; install it with this machine's package manager.`);
    return;
  }
  say(`installing what the tests need: ${missing.join(', ')}`);
  // RUNLEVEL=1 keeps packages from starting their services: tests start their own.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const apt = (...args) =>
    spawnSync('apt-get', ['-qq', ...args], { stdio: ['ignore', 2, 2], env }).status === 0;
  const installed = apt('update') && apt('install', '--yes', '--no-install-recommends', ...missing);
  if (!installed)
    say(`apt-get could not install ${missing.join(' and ')}; the tests that need it will say so.`);
}

function onPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

function folders(path) {
  return existsSync(path) ? readdirSync(path) : [];
}

function read(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
