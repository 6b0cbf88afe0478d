import type { Deployment } from '../../kubernetes/objects.ts';
import { ofKind } from '../../snapshot/snapshot.ts';
import { fact, fieldFact, showing } from '../fact.ts';
import type { Topic } from '../topic.ts';

export const tags: Topic = {
  name: 'tags',
  part: 'Publishing',
  question: 'How is an image tagged?',
  choice: () =>
    'With the commit of its sources (and `-dirty` where they differ), for people to find it. Nothing is deployed by a tag: manifests name the digest, so what runs cannot change underneath.',
  turnedDown: [
    { what: '`latest`', why: 'names another image tomorrow, and a rollback to it brings back nothing' },
    { what: 'Semantic versions', why: 'an application that is released many times a day has no use for one' },
  ],
  costs: () => 'A digest says nothing to a person; `ptp history` says which commit it came from.',
  decisions: [5],
  facts: (snapshot) => [
    ...snapshot.images.map(({ name, tags: all }) =>
      fact(
        `tags of ${name}`,
        all.length === 0 ? 'none: its sources are in no commit' : all.join(', '),
        showing('Image', name, '.tags'),
      ),
    ),
    ...ofKind<Deployment>(snapshot, 'Deployment').map(({ metadata }) =>
      fieldFact(
        snapshot,
        `what ${metadata.name} is deployed by`,
        ['Deployment', metadata.name],
        '.spec.template.spec.containers[0].image',
      ),
    ),
  ],
};
