import type { PodSecurityContext, SecurityContext } from './objects.ts';

/** A pod that runs as this user (Pod Security Standards, "Restricted"); its volumes belong to the user's group. */
export function podSecurity(user?: { readonly uid: number; readonly gid: number }): PodSecurityContext {
  return {
    runAsNonRoot: true,
    ...(user === undefined
      ? {}
      : {
          runAsUser: user.uid,
          runAsGroup: user.gid,
          fsGroup: user.gid,
          fsGroupChangePolicy: 'OnRootMismatch',
        }),
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

/** A container without any privilege, that writes nowhere but to its volumes. */
export const containerSecurity: SecurityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};
