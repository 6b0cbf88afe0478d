import type { KubernetesObject } from '../kubernetes/objects.ts';

/** cert-manager.io/v1 Issuer, as far as it is used here. */
export interface Issuer extends KubernetesObject {
  readonly apiVersion: 'cert-manager.io/v1';
  readonly kind: 'Issuer';
  readonly spec:
    | { readonly selfSigned: Readonly<Record<string, never>> }
    | { readonly ca: { readonly secretName: string } }
    | {
        readonly acme: {
          readonly server: string;
          readonly email?: string;
          /** Base64 of PEM. */
          readonly caBundle?: string;
          readonly privateKeySecretRef: { readonly name: string };
          readonly solvers: readonly Readonly<Record<string, unknown>>[];
        };
      };
}

/** cert-manager.io/v1 Certificate, as far as it is used here. */
export interface Certificate extends KubernetesObject {
  readonly apiVersion: 'cert-manager.io/v1';
  readonly kind: 'Certificate';
  readonly spec: {
    readonly secretName: string;
    readonly isCA?: boolean;
    readonly commonName?: string;
    readonly dnsNames?: readonly string[];
    /** Go durations: `2160h0m0s`. */
    readonly duration: string;
    readonly renewBefore: string;
    readonly privateKey: {
      readonly algorithm: 'ECDSA';
      readonly size: 256 | 384;
      readonly rotationPolicy: 'Always' | 'Never';
    };
    readonly usages?: readonly string[];
    readonly nameConstraints?: {
      readonly critical: boolean;
      readonly permitted: { readonly dnsDomains: readonly string[] };
    };
    readonly issuerRef: { readonly name: string; readonly kind: string; readonly group: 'cert-manager.io' };
  };
}

/** gateway.networking.k8s.io/v1 Gateway, as far as it is used here. */
export interface Gateway extends KubernetesObject {
  readonly apiVersion: 'gateway.networking.k8s.io/v1';
  readonly kind: 'Gateway';
  readonly spec: {
    readonly gatewayClassName: string;
    readonly listeners: readonly {
      readonly name: string;
      readonly port: number;
      readonly protocol: 'HTTP' | 'HTTPS';
      readonly hostname: string;
      readonly allowedRoutes: { readonly namespaces: { readonly from: 'Same' } };
      readonly tls?: {
        readonly mode: 'Terminate';
        readonly certificateRefs: readonly {
          readonly group: '';
          readonly kind: 'Secret';
          readonly name: string;
        }[];
      };
    }[];
  };
  readonly status?: {
    readonly addresses?: readonly { readonly type?: 'IPAddress' | 'Hostname'; readonly value: string }[];
  };
}

/** gateway.networking.k8s.io/v1 HTTPRoute, as far as it is used here. */
export interface HttpRoute extends KubernetesObject {
  readonly apiVersion: 'gateway.networking.k8s.io/v1';
  readonly kind: 'HTTPRoute';
  readonly spec: {
    readonly parentRefs: readonly { readonly name: string; readonly sectionName: string }[];
    readonly hostnames: readonly string[];
    readonly rules: readonly {
      readonly matches?: readonly {
        readonly path: { readonly type: 'PathPrefix'; readonly value: string };
      }[];
      readonly filters?: readonly {
        readonly type: 'RequestRedirect';
        readonly requestRedirect: {
          readonly scheme: 'https';
          readonly port?: number;
          readonly statusCode: 301;
        };
      }[];
      readonly backendRefs?: readonly { readonly name: string; readonly port: number }[];
    }[];
  };
}
