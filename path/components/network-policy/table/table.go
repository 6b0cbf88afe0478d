// Package table writes rulesets to the kernel's nftables.
package table

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/knftables"

	"ptp.local/components/network-policy/policy"
)

// Name is the table's.
const Name = "ptp-network-policy"

// Table is the kernel's table, and what this process last wrote to it. It is for one goroutine.
type Table struct {
	nft     knftables.Interface
	written *policy.Ruleset
}

// New finds out whether nft works; it writes nothing. The error is knftables'.
func New() (*Table, error) {
	nft, err := knftables.New(knftables.InetFamily, Name)
	if err != nil {
		return nil, err
	}
	return With(nft), nil
}

// With is a table behind any interface to nft.
func With(nft knftables.Interface) *Table { return &Table{nft: nft} }

// Write makes the table say what the ruleset says, in one transaction: no packet sees a half. The first write replaces
// whatever is there; the following ones send only what changed, and the whole again where the kernel refuses that,
// because somebody else changed the table. It returns the number of changes.
func (t *Table) Write(ctx context.Context, want policy.Ruleset) (int, error) {
	if t.written != nil {
		tx := t.nft.NewTransaction()
		change(tx, *t.written, want)
		if tx.NumOperations() == 0 {
			return 0, nil
		}
		err := t.nft.Run(ctx, tx)
		if err == nil {
			t.written = &want
			return tx.NumOperations(), nil
		}
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
	}
	t.written = nil
	tx := t.nft.NewTransaction()
	tx.Add(&knftables.Table{})
	tx.Delete(&knftables.Table{})
	tx.Add(&knftables.Table{Comment: knftables.PtrTo("who may talk to whom: NetworkPolicy")})
	change(tx, policy.Ruleset{}, want)
	if err := t.nft.Run(ctx, tx); err != nil {
		return 0, fmt.Errorf("table %s could not be written: %w", Name, err)
	}
	t.written = &want
	return tx.NumOperations(), nil
}

// Check forgets what was written where the table is gone, so that the next Write writes all of it.
func (t *Table) Check(ctx context.Context) error {
	if t.written == nil {
		return nil
	}
	chains, err := t.nft.List(ctx, "chains")
	if err != nil && !knftables.IsNotFound(err) {
		return err
	}
	if !slices.Contains(chains, policy.Forward) || !slices.Contains(chains, policy.Deliver) {
		t.written = nil
	}
	return nil
}

// change adds the difference between two rulesets: what is referred to comes before what refers to it, and goes after.
func change(tx *knftables.Transaction, old, want policy.Ruleset) {
	changeSets(tx, old.Sets, want.Sets)
	addVerdictMaps(tx, old.Verdicts, want.Verdicts)
	for _, name := range names(want.Chains) {
		if _, known := old.Chains[name]; !known {
			tx.Add(chain(name))
		}
	}
	for _, name := range names(want.Chains) {
		was, known := old.Chains[name]
		if known && slices.Equal(was, want.Chains[name]) {
			continue
		}
		if known {
			tx.Flush(&knftables.Chain{Name: name})
		}
		for _, rule := range want.Chains[name] {
			tx.Add(&knftables.Rule{Chain: name, Rule: rule})
		}
	}
	for _, name := range names(want.Verdicts) {
		changeVerdicts(tx, name, old.Verdicts[name], want.Verdicts[name])
	}
	gone := without(old.Chains, want.Chains)
	for _, name := range gone {
		tx.Flush(&knftables.Chain{Name: name})
	}
	for _, name := range gone {
		tx.Delete(&knftables.Chain{Name: name})
	}
	for _, name := range without(old.Sets, want.Sets) {
		tx.Delete(&knftables.Set{Name: name})
	}
}

// hooks are where packets come into the table.
var hooks = map[string]knftables.BaseChainHook{
	policy.Forward: knftables.ForwardHook,
	policy.Deliver: knftables.InputHook,
}

func chain(name string) *knftables.Chain {
	hook, base := hooks[name]
	if !base {
		return &knftables.Chain{Name: name}
	}
	return &knftables.Chain{
		Name:     name,
		Type:     knftables.PtrTo(knftables.FilterType),
		Hook:     knftables.PtrTo(hook),
		Priority: knftables.PtrTo(knftables.FilterPriority),
	}
}

func changeSets(tx *knftables.Transaction, old, want map[string]policy.Set) {
	for _, name := range names(want) {
		now, was := want[name], old[name]
		if _, known := old[name]; !known {
			set := &knftables.Set{Name: name, Type: now.Type}
			if now.Interval {
				set.Flags = []knftables.SetFlag{knftables.IntervalFlag}
			}
			tx.Add(set)
		}
		if slices.Equal(now.Elements, was.Elements) {
			continue
		}
		// Ranges that come may overlap those that go, which the kernel takes for a conflict: all of them anew.
		if now.Interval && len(was.Elements) > 0 {
			tx.Flush(&knftables.Set{Name: name})
			was.Elements = nil
		}
		for _, element := range missing(was.Elements, now.Elements) {
			tx.Delete(&knftables.Element{Set: name, Key: strings.Split(element, policy.Separator)})
		}
		for _, element := range missing(now.Elements, was.Elements) {
			tx.Add(&knftables.Element{Set: name, Key: strings.Split(element, policy.Separator)})
		}
	}
}

func addVerdictMaps(tx *knftables.Transaction, old, want map[string]map[string]string) {
	for _, name := range names(want) {
		if _, known := old[name]; !known {
			tx.Add(&knftables.Map{Name: name, Type: "ipv4_addr : verdict"})
		}
	}
}

func changeVerdicts(tx *knftables.Transaction, name string, old, want map[string]string) {
	for _, key := range names(old) {
		if want[key] != old[key] {
			tx.Delete(&knftables.Element{Map: name, Key: []string{key}})
		}
	}
	for _, key := range names(want) {
		if want[key] != old[key] {
			tx.Add(&knftables.Element{Map: name, Key: []string{key}, Value: []string{want[key]}})
		}
	}
}

// missing gives those of the first list that are not in the second; both are sorted.
func missing(these, in []string) []string {
	var found []string
	for _, one := range these {
		if _, there := slices.BinarySearch(in, one); !there {
			found = append(found, one)
		}
	}
	return found
}

func without[V any](old, want map[string]V) []string {
	return slices.DeleteFunc(names(old), func(name string) bool {
		_, kept := want[name]
		return kept
	})
}

func names[V any](of map[string]V) []string {
	all := make([]string, 0, len(of))
	for name := range of {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}
