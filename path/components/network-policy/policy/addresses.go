package policy

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
)

// span is an inclusive range of IPv4 addresses or of ports.
type span struct{ from, to uint32 }

const lastAddress = 1<<32 - 1

// blocks gives the addresses of a rule's IP blocks, without their exceptions, as ranges that do not overlap.
// IPv6 blocks are left out: the cluster has no such addresses.
func blocks(peers []networkingv1.NetworkPolicyPeer) []span {
	var all []span
	for _, peer := range peers {
		if peer.IPBlock == nil {
			continue
		}
		whole, ok := spanOf(peer.IPBlock.CIDR)
		if !ok {
			continue
		}
		var except []span
		for _, cidr := range peer.IPBlock.Except {
			if one, ok := spanOf(cidr); ok {
				except = append(except, one)
			}
		}
		all = append(all, without(whole, except)...)
	}
	return merged(all)
}

func spanOf(cidr string) (span, bool) {
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil || !prefix.Addr().Is4() {
		return span{}, false
	}
	from := number(prefix.Masked().Addr())
	return span{from, from | uint32(lastAddress>>prefix.Bits())}, true
}

// without takes the holes out of a range.
func without(whole span, holes []span) []span {
	var left []span
	next := uint64(whole.from)
	for _, hole := range merged(holes) {
		if hole.to < whole.from || hole.from > whole.to {
			continue
		}
		if uint64(hole.from) > next {
			left = append(left, span{uint32(next), hole.from - 1})
		}
		next = uint64(hole.to) + 1
	}
	if next <= uint64(whole.to) {
		left = append(left, span{uint32(next), whole.to})
	}
	return left
}

// merged sorts ranges and joins those that overlap or touch.
func merged(spans []span) []span {
	var all []span
	for _, one := range slices.SortedFunc(slices.Values(spans), func(a, b span) int { return cmp.Compare(a.from, b.from) }) {
		if last := len(all) - 1; last >= 0 && uint64(one.from) <= uint64(all[last].to)+1 {
			all[last].to = max(all[last].to, one.to)
		} else {
			all = append(all, one)
		}
	}
	return all
}

func contains(spans []span, address netip.Addr) bool {
	value := number(address)
	return slices.ContainsFunc(spans, func(one span) bool { return one.from <= value && value <= one.to })
}

func number(address netip.Addr) uint32 {
	bytes := address.As4()
	return binary.BigEndian.Uint32(bytes[:])
}

func addressOf(value uint32) string {
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, value))).String()
}

// addressElements writes ranges as nft does.
func addressElements(spans []span) []string {
	elements := make([]string, 0, len(spans))
	for _, one := range spans {
		text := addressOf(one.from)
		if one.to != one.from {
			text += "-" + addressOf(one.to)
		}
		elements = append(elements, text)
	}
	return elements
}
