package policy_test

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"ptp.local/components/network-policy/policy"
	cases "ptp.local/components/network-policy/testing"
)

func TestPoliciesAllowAndRefuse(t *testing.T) {
	suite := cases.Load()
	for _, one := range suite.Cases {
		t.Run(one.Name, func(t *testing.T) {
			rules := policy.Compile(suite.World(one))
			for flow, want := range one.Flows() {
				if got := passes(t, rules, packetOf(suite, flow)); got != want {
					t.Errorf("%v: allowed is %v, and should be %v", flow, got, want)
				}
			}
		})
	}
}

func TestNoPodIsIsolatedFromItself(t *testing.T) {
	suite := cases.Load()
	for _, one := range suite.Cases {
		rules := policy.Compile(suite.World(one))
		for name := range suite.Pods {
			if !passes(t, rules, packetOf(suite, cases.Flow{From: name, To: name, Protocol: "tcp", Port: "1"})) {
				t.Errorf("%s: %s does not reach itself", one.Name, name)
			}
		}
	}
}

func TestTheOrderOfTheWorldMakesNoDifference(t *testing.T) {
	suite := cases.Load()
	for _, one := range suite.Cases {
		world := suite.World(one)
		first := policy.Compile(world)
		slices.Reverse(world.Pods)
		slices.Reverse(world.Policies)
		if !reflect.DeepEqual(first, policy.Compile(world)) {
			t.Errorf("%s: another order gives other rules", one.Name)
		}
	}
}

func TestAPodMoreChangesElementsAndNoRules(t *testing.T) {
	suite := cases.Load()
	for _, one := range suite.Cases {
		world := suite.World(one)
		before := policy.Compile(world)
		world.Pods = append(world.Pods, policy.Pod{
			Namespace: "shop", Name: "web-2", Labels: labels.Set{"app": "web"}, Address: netip.MustParseAddr("10.244.0.99"),
			Ports: []policy.Port{{Name: "http", Protocol: corev1.ProtocolTCP, Number: 3000}},
		})
		if after := policy.Compile(world); !reflect.DeepEqual(before.Chains, after.Chains) {
			t.Errorf("%s: the chains are others", one.Name)
		}
	}
}

func TestEverythingReferredToIsThere(t *testing.T) {
	suite := cases.Load()
	for _, one := range suite.Cases {
		rules := policy.Compile(suite.World(one))
		verdicts := []string{}
		for _, verdict := range rules.Verdicts {
			for _, target := range verdict {
				verdicts = append(verdicts, target)
			}
		}
		for _, text := range append(slices.Concat(values(rules.Chains)...), verdicts...) {
			words := strings.Fields(text)
			for index, word := range words {
				name, isSet := strings.CutPrefix(word, "@")
				_, set := rules.Sets[name]
				_, verdict := rules.Verdicts[name]
				if isSet && !set && !verdict {
					t.Errorf("%s: no set %s", one.Name, name)
				}
				if word == "goto" || word == "jump" {
					if _, chain := rules.Chains[words[index+1]]; !chain {
						t.Errorf("%s: no chain %s", one.Name, words[index+1])
					}
				}
			}
		}
	}
}

func TestNamedPortsOfSidecarsCountAndThoseOfInitContainersDoNot(t *testing.T) {
	always := corev1.ContainerRestartPolicyAlways
	port := func(name string) []corev1.ContainerPort {
		return []corev1.ContainerPort{{Name: name, ContainerPort: 80}, {ContainerPort: 81}}
	}
	got := policy.NamedPorts(corev1.PodSpec{
		Containers:     []corev1.Container{{Ports: port("main")}},
		InitContainers: []corev1.Container{{Ports: port("init")}, {Ports: port("sidecar"), RestartPolicy: &always}},
	})
	want := []policy.Port{{Name: "main", Protocol: "TCP", Number: 80}, {Name: "sidecar", Protocol: "TCP", Number: 80}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

type packet struct {
	from, to netip.Addr
	protocol string
	port     int
}

func packetOf(suite cases.Suite, flow cases.Flow) packet {
	port, _ := strconv.Atoi(flow.Port)
	return packet{suite.Address(flow.From), suite.Address(flow.To), flow.Protocol, port}
}

// passes walks a packet that begins a connection through the chains, as the kernel does. The tests of packets hold
// the kernel's own opinion of the same cases against it.
func passes(t *testing.T, rules policy.Ruleset, one packet) bool {
	t.Helper()
	verdict := walk(t, rules, policy.Forward, one)
	return verdict != "drop"
}

func walk(t *testing.T, rules policy.Ruleset, chain string, one packet) string {
	for _, rule := range rules.Chains[chain] {
		words := strings.Fields(rule)
		if matched, rest := matches(t, rules, words, one); matched {
			switch rest[0] {
			case "accept", "drop":
				return rest[0]
			case "counter":
				return rest[1]
			case "jump":
				if verdict := walk(t, rules, rest[1], one); verdict != "" {
					return verdict
				}
			case "goto":
				return walk(t, rules, rest[1], one)
			default:
				t.Fatalf("no verdict: %s", rule)
			}
		}
	}
	return ""
}

// matches compares a rule's conditions one after the other and gives the words after them.
func matches(t *testing.T, rules policy.Ruleset, words []string, one packet) (bool, []string) {
	text := strings.Join(words, " ")
	for {
		var rest string
		var ok, found bool
		switch {
		case strings.HasPrefix(text, "meta nfproto ipv6"), strings.HasPrefix(text, "ct state"):
			return false, nil
		case strings.HasPrefix(text, "ip saddr . ip daddr @"):
			rest, found = strings.CutPrefix(text, "ip saddr . ip daddr @")
			ok = within(rules, word(rest), one.from.String()+" . "+one.to.String())
		case strings.HasPrefix(text, "ip daddr . meta l4proto . th dport @"):
			rest, found = strings.CutPrefix(text, "ip daddr . meta l4proto . th dport @")
			ok = within(rules, word(rest), fmt.Sprintf("%s . %s . %d", one.to, one.protocol, one.port))
		case strings.HasPrefix(text, "ip saddr vmap @"), strings.HasPrefix(text, "ip daddr vmap @"):
			side := one.from
			if strings.HasPrefix(text, "ip daddr") {
				side = one.to
			}
			verdict, there := rules.Verdicts[strings.Split(text, "@")[1]][side.String()]
			return there, strings.Fields(verdict)
		case strings.HasPrefix(text, "ip saddr @"):
			rest, found = strings.CutPrefix(text, "ip saddr @")
			ok = within(rules, word(rest), one.from.String())
		case strings.HasPrefix(text, "ip daddr @"):
			rest, found = strings.CutPrefix(text, "ip daddr @")
			ok = within(rules, word(rest), one.to.String())
		case strings.HasPrefix(text, "meta l4proto "):
			rest, found = strings.CutPrefix(text, "meta l4proto ")
			ok = word(rest) == one.protocol
		case strings.Contains(text, " dport { "):
			ports := text[strings.Index(text, "{")+1 : strings.Index(text, "}")]
			ok = word(text) == one.protocol && slices.ContainsFunc(strings.Split(ports, ","), func(port string) bool {
				return between(strings.TrimSpace(port), strconv.Itoa(one.port), func(a string) int { n, _ := strconv.Atoi(a); return n })
			})
			rest, found = "x"+text[strings.Index(text, "}")+1:], true
		default:
			return true, strings.Fields(text)
		}
		if !found || !ok {
			return false, nil
		}
		text = strings.TrimSpace(strings.TrimPrefix(rest, word(rest)))
	}
}

func word(text string) string { return strings.Fields(text)[0] }

func within(rules policy.Ruleset, name, element string) bool {
	set := rules.Sets[name]
	if !set.Interval {
		return slices.Contains(set.Elements, element)
	}
	return slices.ContainsFunc(set.Elements, func(one string) bool {
		return between(one, element, func(a string) int {
			bytes := netip.MustParseAddr(a).As4()
			return int(bytes[0])<<24 | int(bytes[1])<<16 | int(bytes[2])<<8 | int(bytes[3])
		})
	})
}

func between(text, value string, number func(string) int) bool {
	from, to, isRange := strings.Cut(text, "-")
	if !isRange {
		to = from
	}
	return number(from) <= number(value) && number(value) <= number(to)
}

func values[K comparable, V any](of map[K]V) []V {
	var all []V
	for _, one := range of {
		all = append(all, one)
	}
	return all
}
