import { posix } from 'node:path';
import { StepFailed, UserMistake } from '../../core/failure.ts';
import { DamagedBlob } from '../../oci/damage.ts';
import { digestHex } from '../../oci/digest.ts';
import {
  type ExecutionConfiguration,
  type ImageConfiguration,
  parseImageConfiguration,
} from '../../oci/image-configuration.ts';
import type { PulledImage } from '../../oci/pulled-image.ts';
import { parseReference } from '../../oci/reference.ts';
import type { Store } from '../../oci/store.ts';
import type { Pull } from '../builder.ts';
import type { NodeBase } from './base.ts';

/**
 * A base from a registry. Throws UserMistake where the reference has no digest (a tag means another image tomorrow)
 * or there is no way to pull, StepFailed where what was pulled cannot run here.
 */
export async function pulledBase(options: {
  readonly store: Store;
  readonly reference: string;
  readonly pull: Pull | undefined;
}): Promise<NodeBase> {
  const { registry, repository, digest } = parseReference(options.reference);
  if (digest === undefined) {
    throw new UserMistake({
      what: `the base ${options.reference} has no digest, so it may be another image tomorrow`,
      next: 'Write it as host/path@sha256:….',
    });
  }
  const { pull } = options;
  if (pull === undefined) {
    throw new UserMistake({
      what: `the base ${options.reference} cannot be fetched here`,
      next: 'Leave `base` out.',
    });
  }
  const { pulled, bytes } = await fetched(options.store, () => pull(options.reference));
  const configuration = configurationOf(bytes, options.reference);
  if (configuration.os !== 'linux' || configuration.architecture !== 'amd64') {
    throw new StepFailed({
      what: `the base ${options.reference} is for ${configuration.os}/${configuration.architecture}, not linux/amd64`,
      next: 'Give the digest of its linux/amd64 manifest.',
    });
  }
  return {
    layers: pulled.layers,
    configuration,
    reference: { name: `${registry}/${repository}`, digest },
    parts: { [`${registry}/${repository}`]: digest },
    materials: [
      {
        type: 'image',
        name: `${registry}/${repository}`,
        version: digest,
        digests: { sha256: digestHex(digest) },
        use: 'contained',
      },
    ],
    node: nodeProgram(configuration.config),
  };
}

function configurationOf(bytes: Uint8Array, reference: string): ImageConfiguration {
  try {
    return parseImageConfiguration(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const what = `the base ${reference} cannot be read: ${error.message}`;
    throw new StepFailed({ what, next: 'Choose another base.' }, { cause: error });
  }
}

/** What was pulled, and its configuration: pulled again where the store had it and lost its bytes. */
async function fetched(store: Store, pull: () => Promise<PulledImage>) {
  const read = async (pulled: PulledImage) => ({ pulled, bytes: await store.read(pulled.config.descriptor) });
  try {
    return await read(await pull());
  } catch (error) {
    if (!(error instanceof DamagedBlob)) throw error;
    return read(await pull());
  }
}

/** Images whose entrypoint is Node.js itself say where it is; in all others PATH does. */
export function nodeProgram(execution: ExecutionConfiguration | undefined): string {
  const first = execution?.Entrypoint?.[0];
  return first !== undefined && posix.basename(first) === 'node' ? first : 'node';
}
