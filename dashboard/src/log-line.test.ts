import { expect, test } from 'vitest';
import { logLine } from './log-line.ts';

test('a request is what was asked, what came of it and how long it took; the rest stands behind', () => {
  const text =
    '{"level":"info","time":"2026-11-26T16:55:42.785Z","method":"GET","route":"/api","status":200,"durationMs":18.15,"requestId":"c7b8","bytes":98}';
  expect(logLine(text)).toEqual({
    time: '16:55:42.785',
    words: 'GET /api 200 18.15 ms',
    rest: 'requestId=c7b8 bytes=98',
  });
});

test('what is not as usual says so, and a message is told before the request that it is about', () => {
  expect(
    logLine('{"level":"error","msg":"no answer","method":"GET","route":"/","err":{"code":"E"}}'),
  ).toEqual({
    level: 'error',
    words: 'no answer GET /',
    rest: 'err={"code":"E"}',
  });
  expect(logLine('{"port":8080}')).toEqual({ words: 'port=8080', rest: '' });
});

test('what is no JSON object is shown as it is', () => {
  expect(logLine('LOG:  checkpoint starting: time')).toEqual({
    words: 'LOG:  checkpoint starting: time',
    rest: '',
  });
  expect(logLine('{"half')).toEqual({ words: '{"half', rest: '' });
});
