package table_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/knftables"

	"ptp.local/components/network-policy/policy"
	"ptp.local/components/network-policy/table"
	cases "ptp.local/components/network-policy/testing"
)

func TestChangesOneAfterTheOtherEndLikeAWholeWrite(t *testing.T) {
	suite := cases.Load()
	step := knftables.NewFake(knftables.InetFamily, table.Name)
	steps := table.With(step)
	for _, one := range append(slices.Clone(suite.Cases), suite.Cases[0]) {
		rules := policy.Compile(suite.World(one))
		write(t, steps, rules)
		whole := knftables.NewFake(knftables.InetFamily, table.Name)
		write(t, table.With(whole), rules)
		if sorted(step.Dump()) != sorted(whole.Dump()) {
			t.Fatalf("%s: after changes\n%s\nand written whole\n%s", one.Name, step.Dump(), whole.Dump())
		}
	}
}

func TestNothingIsWrittenWhereNothingChanged(t *testing.T) {
	suite := cases.Load()
	one := table.With(knftables.NewFake(knftables.InetFamily, table.Name))
	rules := policy.Compile(suite.World(suite.Cases[3]))
	if changes := write(t, one, rules); changes == 0 {
		t.Error("the first write changed nothing")
	}
	if changes := write(t, one, policy.Compile(suite.World(suite.Cases[3]))); changes != 0 {
		t.Errorf("the second write made %d changes", changes)
	}
}

func TestAPodThatGoesCostsItsElements(t *testing.T) {
	suite := cases.Load()
	world := suite.World(suite.Cases[2])
	one := table.With(knftables.NewFake(knftables.InetFamily, table.Name))
	write(t, one, policy.Compile(world))
	world.Pods = slices.DeleteFunc(world.Pods, func(pod policy.Pod) bool { return pod.Name == "web" })
	// It is in both maps of isolated pods, and in the set of pods that reach themselves.
	if changes := write(t, one, policy.Compile(world)); changes != 3 {
		t.Errorf("%d changes", changes)
	}
}

func TestATableThatSomebodyDeletedIsWrittenAgain(t *testing.T) {
	suite := cases.Load()
	kernel := knftables.NewFake(knftables.InetFamily, table.Name)
	one := table.With(kernel)
	rules := policy.Compile(suite.World(suite.Cases[3]))
	write(t, one, rules)
	want := kernel.Dump()
	tx := kernel.NewTransaction()
	tx.Delete(&knftables.Table{})
	if err := kernel.Run(context.Background(), tx); err != nil {
		t.Fatal(err)
	}
	if err := one.Check(context.Background()); err != nil {
		t.Fatal(err)
	}
	write(t, one, rules)
	if kernel.Dump() != want {
		t.Errorf("the table is now\n%s", kernel.Dump())
	}
}

func write(t *testing.T, one *table.Table, rules policy.Ruleset) int {
	t.Helper()
	changes, err := one.Write(context.Background(), rules)
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

// sorted leaves the order of chains and sets out; rules of one chain keep theirs, because they are numbered.
func sorted(dump string) string {
	lines := strings.Split(dump, "\n")
	number := map[string]int{}
	for index, line := range lines {
		if words := strings.Fields(line); len(words) > 4 && words[1] == "rule" {
			number[words[4]]++
			lines[index] = strings.Join(words[:5], " ") + " " + strings.Repeat("i", number[words[4]]) + " " + strings.Join(words[5:], " ")
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
