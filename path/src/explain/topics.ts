import type { Topic } from './topic.ts';
import { additions } from './topics/additions.ts';
import { alerts } from './topics/alerts.ts';
import { binding } from './topics/binding.ts';
import { certificates } from './topics/certificates.ts';
import { cluster } from './topics/cluster.ts';
import { clusterAccess } from './topics/cluster-access.ts';
import { configuration } from './topics/configuration.ts';
import { cost } from './topics/cost.ts';
import { credentials } from './topics/credentials.ts';
import { health } from './topics/health.ts';
import { images } from './topics/images.ts';
import { integrity } from './topics/integrity.ts';
import { manifests } from './topics/manifests.ts';
import { outOfTheBox } from './topics/out-of-the-box.ts';
import { registry } from './topics/registry.ts';
import { route } from './topics/route.ts';
import { services } from './topics/services.ts';
import { steps } from './topics/steps.ts';
import { storage } from './topics/storage.ts';
import { system } from './topics/system.ts';
import { tags } from './topics/tags.ts';
import { teams } from './topics/teams.ts';
import { tradeoffs } from './topics/tradeoffs.ts';
import { updates } from './topics/updates.ts';
import { vulnerabilities } from './topics/vulnerabilities.ts';

/** Every question of the exercise, in its order. */
export const topics: readonly Topic[] = [
  system,
  steps,
  tradeoffs,
  images,
  registry,
  tags,
  cluster,
  outOfTheBox,
  additions,
  clusterAccess,
  manifests,
  configuration,
  services,
  binding,
  credentials,
  storage,
  route,
  integrity,
  vulnerabilities,
  health,
  alerts,
  updates,
  certificates,
  cost,
  teams,
];
