import type { Command } from './command.ts';
import { acceptance } from './commands/acceptance.ts';
import { backup } from './commands/backup.ts';
import { build } from './commands/build.ts';
import { ci } from './commands/ci.ts';
import { cost } from './commands/cost.ts';
import { doctor } from './commands/doctor.ts';
import { down } from './commands/down.ts';
import { drill } from './commands/drill.ts';
import { explain } from './commands/explain.ts';
import { exportManifests } from './commands/export.ts';
import { history } from './commands/history.ts';
import { init } from './commands/init.ts';
import { key } from './commands/key.ts';
import { kubeconfig } from './commands/kubeconfig.ts';
import { logs } from './commands/logs.ts';
import { open } from './commands/open.ts';
import { plan } from './commands/plan.ts';
import { report } from './commands/report.ts';
import { restore } from './commands/restore.ts';
import { rollback } from './commands/rollback.ts';
import { rotate } from './commands/rotate.ts';
import { status } from './commands/status.ts';
import { token } from './commands/token.ts';
import { trust } from './commands/trust.ts';
import { ui } from './commands/ui.ts';
import { up } from './commands/up.ts';
import { upgrade } from './commands/upgrade.ts';
import { verify } from './commands/verify.ts';

/** Every word that ptp knows, in the order of the help. */
export const commands: readonly Command[] = [
  init,
  plan,
  up,
  build,
  status,
  open,
  logs,
  history,
  rollback,
  verify,
  backup,
  restore,
  drill,
  rotate,
  upgrade,
  explain,
  cost,
  report,
  ui,
  exportManifests,
  down,
  acceptance,
  ci,
  trust,
  doctor,
  kubeconfig,
  token,
  key,
];
