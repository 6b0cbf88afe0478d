import { parentPort, workerData } from 'node:worker_threads';
import { generate } from './generate.ts';
import type { Start, Tells, Told } from './messages.ts';

/*
 * The thread that sends the requests. It has a loop of its own, so that what the tool does meanwhile (hashing,
 * applying) delays no request and is not taken for the system's latency.
 */
const port = parentPort;
if (port === null) throw new Error('this file is run as a thread');
const tell = (message: Tells): void => port.postMessage(message);

const start = workerData as Start;
const generator = await generate(start);
if (typeof generator === 'string') tell({ kind: 'silent', why: generator });
else {
  const timer = setInterval(() => tell({ kind: 'seen', snapshot: generator.snapshot() }), start.every);
  port.on('message', (told: Told) => {
    if (told === 'change') {
      generator.change();
      return;
    }
    clearInterval(timer);
    // Nothing is left to wait for then, and the thread ends by itself.
    generator.stop(told.stop.drained).then((result) => {
      tell({ kind: 'whole', result });
      port.close();
    });
  });
  tell({ kind: 'started' });
  generator.reached(start.quiet).then(() => tell({ kind: 'quiet' }));
}
