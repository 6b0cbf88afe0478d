import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import type { Secret } from '../../core/secret.ts';

/**
 * The verifier that PostgreSQL stores for a password (RFC 5803; `pg_authid.rolpassword`). With it a role is created
 * without the password itself ever being in a statement, a log or the server's memory.
 * The password has to be ASCII: SASLprep (RFC 4013) is then the identity.
 */
export function scramVerifier(password: Secret, salt: Buffer = randomBytes(16), iterations = 4096): string {
  const salted = pbkdf2Sync(password.reveal(), salt, iterations, 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const storedKey = createHash('sha256').update(clientKey).digest('base64');
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
