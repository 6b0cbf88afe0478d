#!/usr/bin/env node
// Plain JavaScript: Node.js loads a compiler for the first TypeScript file that is not in its compile cache, which
// takes as long as all the rest of a command that changes nothing.
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

enableCompileCache(join(process.env.PTP_CACHE ?? join(homedir(), '.cache/ptp'), 'compile-cache'));
await import('../src/main.ts');
