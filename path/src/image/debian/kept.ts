import { placed } from './archive-path.ts';

const dropped = [
  // for people at a terminal
  /^usr\/share\/(?:bash-completion|bug|doc-base|fish|help|info|lintian|locale|man|menu|zsh)(?:\/|$)/u,
  /^usr\/share\/postgresql\/[^/]+\/man(?:\/|$)/u,
  // for an init system, cron or a login, none of which an image has
  /^etc\/(?:cron\.[a-z]+|init|init\.d|logrotate\.d|profile\.d|skel|update-motd\.d|issue|issue\.net)(?:\/|$)/u,
  /^usr\/lib\/(?:systemd\/(?:system|user)|sysusers\.d|tmpfiles\.d)(?:\/|$)/u,
];

/** Whether an image has this path of a package. Licences are kept (Debian policy 12.5 asks for them), manuals are not. */
export function isKept(path: string): boolean {
  const at = placed(path);
  const document = /^usr\/share\/doc\/[^/]+\/(?<rest>.+)$/u.exec(at)?.groups?.rest;
  if (document !== undefined) return document === 'copyright';
  return !dropped.some((pattern) => pattern.test(at));
}
