/** What a service of Google's answered instead of doing what was asked. */
export class GoogleError extends Error {
  override readonly name = 'GoogleError';
  /** Of HTTP; 0: of an operation that was taken and failed later. */
  readonly status: number;
  /** `PERMISSION_DENIED`, `resourceInUseByAnotherResource`: every word that it gave for the reason. */
  readonly reasons: readonly string[];
  /** Whether the call asked for something to become another than it is. */
  readonly changes: boolean;

  constructor(
    message: string,
    { status, reasons, changes }: { status: number; reasons: readonly string[]; changes: boolean },
  ) {
    super(message);
    this.status = status;
    this.reasons = reasons;
    this.changes = changes;
  }

  /** Whether one of the reasons is among these. */
  is(...reasons: readonly string[]): boolean {
    return this.reasons.some((reason) => reasons.includes(reason));
  }
}

/** Nobody answered, or not to the end: what was asked may have been done. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly changes: boolean;

  constructor(message: string, changes: boolean, options?: ErrorOptions) {
    super(message, options);
    this.changes = changes;
  }
}

/** There are no credentials any more that a service would take. */
export class CredentialsEnded extends Error {
  override readonly name = 'CredentialsEnded';
}

/**
 * The error of an answer (Google's API design guide, "Errors"; compute, dns and sqladmin write the older form of it,
 * with `errors[].reason`).
 */
export function errorOf(status: number, body: unknown, changes: boolean): GoogleError {
  const error = part(body, 'error');
  const reasons = [
    part(error, 'status'),
    ...list(part(error, 'errors')).map((each) => part(each, 'reason')),
    ...list(part(error, 'details')).map((each) => part(each, 'reason')),
  ];
  const message = part(error, 'message');
  return new GoogleError(typeof message === 'string' && message !== '' ? message : `it answered ${status}`, {
    status,
    reasons: reasons.filter((reason) => typeof reason === 'string'),
    changes,
  });
}

/** A member of what may be an object. */
export function part(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

/** What may be a list. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
