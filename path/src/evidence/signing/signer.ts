/**
 * Signs statements about images. Another way to sign (a key service of a cloud, say) is another function that gives
 * one of these, and a line in `signers.ts`.
 */
export interface Signer {
  /** Names the key, or whoever signs: what was signed under this name is not signed again. */
  readonly id: string;
  /** In words, for people. */
  readonly what: string;
  /** The key that verifies, PEM; absent where certificates say whose signature it is. */
  readonly publicKey?: string;
  /**
   * Signs a payload of this type as a DSSE envelope and returns it in a Sigstore bundle 0.3 (JSON). Two signatures of
   * one payload may differ. Throws StepFailed.
   */
  sign(payloadType: string, payload: Uint8Array): Promise<Uint8Array>;
}
