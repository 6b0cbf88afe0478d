import { BlockList, isIP } from 'node:net';

/** Who is at the other end of a client connection. */
export interface Peer {
  readonly address: string;
  /** Whether its X-Forwarded-* headers are believed. */
  readonly trusted: boolean;
}

/**
 * Prepares the check of peers against the trusted networks.
 * @param networks CIDR notation, validated; a bare address is a network of one
 * @returns a function from a socket's remote address to the peer
 */
export function peersOf(networks: readonly string[]): (remoteAddress: string | undefined) => Peer {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (remoteAddress = '') => {
    // A socket that listens on :: shows IPv4 peers as mapped addresses.
    const address = remoteAddress.startsWith('::ffff:') ? remoteAddress.slice(7) : remoteAddress;
    const family = isIP(address);
    return { address, trusted: family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4') };
  };
}
