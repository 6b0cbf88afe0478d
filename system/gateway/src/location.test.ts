import { describe, expect, it } from 'vitest';
import { internalHosts, publicLocation } from './location.ts';

const internal = internalHosts(['http://backend:8080', 'http://frontend:8080', 'http://10.0.0.7:81']);
const at = 'https://hello.example';

describe('publicLocation', () => {
  it.each([
    ['http://backend:8080/7', 'https://hello.example/7'],
    ['http://BACKEND:8080/7', 'https://hello.example/7'],
    ['http://backend/7?a=b#c', 'https://hello.example/7?a=b#c'],
    ['https://backend:9999/7', 'https://hello.example/7'],
    ['//backend:8080/7', 'https://hello.example/7'],
    ['\\\\backend:8080/7', 'https://hello.example/7'],
    ['http://user:secret@backend:8080/7', 'https://hello.example/7'],
    ['http://backend.space.svc.cluster.local:8080/7', 'https://hello.example/7'],
    ['http://backend.space.svc:8080/7', 'https://hello.example/7'],
    ['http://10.0.0.7:81/7', 'https://hello.example/7'],
    ['http://hello.example/7', 'https://hello.example/7'],
  ])('turns %s into %s', (location, expected) => {
    expect(publicLocation(location, at, internal)).toBe(expected);
  });

  it.each([
    '/7',
    '7',
    '',
    '?x',
    'https://hello.example/7',
    'https://other.example/backend:8080',
    'http://backend.example/7',
    'http://10.0.0.7/7',
    'mailto:a@backend',
    'http://[',
  ])('leaves %j alone', (location) => {
    expect(publicLocation(location, at, internal)).toBe(location);
  });
});
