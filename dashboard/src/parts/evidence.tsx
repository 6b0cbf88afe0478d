import type { CertificateFacts, ImageFacts } from '../../../path/src/snapshot/snapshot.ts';
import { daysBetween, short, size } from '../words.ts';
import { Scroll } from './scroll.tsx';

const kinds: readonly (readonly [RegExp, string])[] = [
  [/cosign|signature/, 'signature'],
  [/provenance/, 'provenance'],
  [/spdx/i, 'SPDX'],
  [/cyclonedx/i, 'CycloneDX'],
];

/** What is attached to each image, and until when certificates are valid. */
export function Evidence({
  images,
  certificates,
  taken,
}: {
  readonly images: readonly ImageFacts[];
  readonly certificates: readonly CertificateFacts[];
  readonly taken: string;
}) {
  return (
    <>
      <Scroll label="Table of images">
        <table>
          <thead>
            <tr>
              <th scope="col">Image</th>
              <th scope="col">Digest</th>
              <th scope="col">Runs as</th>
              <th scope="col" className="number">
                Size
              </th>
              <th scope="col">Attached, signed with the project’s key</th>
            </tr>
          </thead>
          <tbody>
            {images.map(({ name, digest, found, attached }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>
                  <code title={digest}>{short(digest)}</code>
                </td>
                <td>{found?.user ?? '–'}</td>
                <td className="number">
                  {found === undefined
                    ? 'not in the registry'
                    : size(found.layers.reduce((all, one) => all + one, 0))}
                </td>
                <td>
                  {attached.length === 0 ? (
                    <span className="pill bad">nothing</span>
                  ) : (
                    attached.map((type) => (
                      <span key={type} className="pill" title={type}>
                        {kinds.find(([pattern]) => pattern.test(type))?.[1] ?? type}
                      </span>
                    ))
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p className="quiet small">
        <code>ptp verify</code> checks each signature and looks whether the lists have all that lies in the
        layers; <code>ptp verify --rebuild</code> builds the release again and compares the bytes.
      </p>
      <dl className="facts">
        {certificates.map(({ secret, names, until, authority }) => (
          <div key={secret} className={daysBetween(taken, until) > 20 ? '' : 'wrong'}>
            <dt>{authority ? 'the project’s own authority' : `certificate of ${names.join(', ')}`}</dt>
            <dd>
              <span className="is">
                valid until {until.slice(0, 10)}: {daysBetween(taken, until)} days
              </span>
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}
