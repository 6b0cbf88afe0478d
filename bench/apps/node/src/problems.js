import { ZodError } from 'zod';

/** RFC 9457 for what goes wrong. */
export async function problems(context, next) {
  try {
    await next();
  } catch (error) {
    const status = error instanceof ZodError || error instanceof SyntaxError ? 400 : (error.status ?? 500);
    context.status = status;
    context.type = 'application/problem+json';
    context.body = JSON.stringify({ status, title: status === 500 ? 'Internal error' : error.message });
  }
}
