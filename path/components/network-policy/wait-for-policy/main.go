// wait-for-policy is the last plugin of the container network (cni.dev): it lets a pod start when the rules for its
// address are in force. Policies hold from the pod's first packet, and its first connection is not refused. Where
// network-policy does not answer, the pod does not start, and the kubelet tries again.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"
	current "github.com/containernetworking/cni/pkg/types/100"
	"github.com/containernetworking/cni/pkg/version"

	"ptp.local/components/network-policy/announce"
)

type configuration struct {
	types.NetConf
	// Socket is network-policy's.
	Socket string `json:"socket"`
	// Others are those of the other nodes: the pod's first connection may be to one of their pods.
	Others []string `json:"others"`
}

// identity is what the container runtime says of the pod, in CNI_ARGS.
type identity struct {
	types.CommonArgs
	K8S_POD_NAMESPACE, K8S_POD_NAME, K8S_POD_UID types.UnmarshallableString
}

const patience = 20 * time.Second

func main() {
	nothing := func(*skel.CmdArgs) error { return nil }
	skel.PluginMainFuncs(
		skel.CNIFuncs{Add: add, Del: remove, Check: nothing, GC: nothing, Status: nothing},
		version.All,
		"wait-for-policy: a pod starts when its network policies are in force",
	)
}

func add(args *skel.CmdArgs) error {
	config, err := parse(args.StdinData)
	if err != nil {
		return err
	}
	if config.PrevResult == nil {
		return errors.New("wait-for-policy has to come after the plugin that gives the address")
	}
	result, err := current.NewResultFromResult(config.PrevResult)
	if err != nil {
		return err
	}
	var pod identity
	pod.IgnoreUnknown = true
	if err := types.LoadArgs(args.Args, &pod); err != nil {
		return err
	}
	address, err := addressOf(result)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	announced := announce.Pod{
		Namespace: string(pod.K8S_POD_NAMESPACE),
		Name:      string(pod.K8S_POD_NAME),
		UID:       string(pod.K8S_POD_UID),
		Sandbox:   args.ContainerID,
		Address:   address,
	}
	if err := announce.NewClient(config.Socket).Admit(ctx, announced); err != nil {
		return fmt.Errorf("network policies are not enforced for the pod: %w", err)
	}
	announce.Tell(config.Others, func(ctx context.Context, other *announce.Client) error {
		return other.Announce(ctx, announced)
	})
	return types.PrintResult(result, config.CNIVersion)
}

// remove says that the address is free. Its failure keeps no pod from being removed: its object goes anyway.
func remove(args *skel.CmdArgs) error {
	config, err := parse(args.StdinData)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = announce.NewClient(config.Socket).Forget(ctx, args.ContainerID)
	announce.Tell(config.Others, func(ctx context.Context, other *announce.Client) error {
		return other.Forget(ctx, args.ContainerID)
	})
	return nil
}

func parse(data []byte) (configuration, error) {
	var config configuration
	if err := json.Unmarshal(data, &config); err != nil {
		return config, err
	}
	if config.Socket == "" {
		return config, errors.New("wait-for-policy needs the path of network-policy's socket")
	}
	return config, version.ParsePrevResult(&config.NetConf)
}

func addressOf(result *current.Result) (netip.Addr, error) {
	for _, one := range result.IPs {
		if address, ok := netip.AddrFromSlice(one.Address.IP); ok && address.Unmap().Is4() {
			return address.Unmap(), nil
		}
	}
	return netip.Addr{}, errors.New("the pod has no IPv4 address")
}
