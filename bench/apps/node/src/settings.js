import { z } from 'zod';

const schema = z.object({
  PORT: z.coerce.number().int().min(1).max(65535).default(8080),
  TIME_ZONE: z.string().default('UTC'),
});

export function loadSettings(env) {
  const { PORT, TIME_ZONE } = schema.parse(env);
  return { port: PORT, timeZone: TIME_ZONE };
}
