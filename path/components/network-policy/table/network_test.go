package table_test

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	cases "ptp.local/components/network-policy/testing"
)

// A node with pods on a bridge and a host outside: network namespaces in one of the test's own, so that nothing of
// the machine is touched and nothing is left behind.

const insideKey = "PTP_TEST_INSIDE"

// TestMain runs all tests again in namespaces of their own where that is allowed.
func TestMain(m *testing.M) {
	if os.Getenv(insideKey) != "" || os.Geteuid() != 0 {
		os.Exit(m.Run())
	}
	command := exec.Command("/proc/self/exe", os.Args[1:]...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	command.Env = append(os.Environ(), insideKey+"=1")
	command.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS,
		Pdeathsig:  syscall.SIGKILL,
	}
	var exit *exec.ExitError
	if err := command.Run(); errors.As(err, &exit) {
		os.Exit(exit.ExitCode())
	} else if err != nil {
		fmt.Fprintln(os.Stderr, "no namespaces can be made here:", err)
		os.Exit(m.Run())
	}
}

const (
	node       = "10.244.0.1"
	service    = "10.96.0.80"
	bridgeName = "cni0"
)

var ports = []string{"5432", "8080", "9090"}

// makeNetwork skips the test where there can be no network of its own.
func makeNetwork(t *testing.T, suite cases.Suite) {
	t.Helper()
	if os.Getenv(insideKey) == "" {
		t.Skip("real packets need root and namespaces")
	}
	must(t, "mount", "--make-rprivate", "/")
	must(t, "mount", "-t", "tmpfs", "tmpfs", "/run")
	must(t, "ip", "link", "set", "lo", "up")
	must(t, "ip", "link", "add", bridgeName, "type", "bridge")
	must(t, "ip", "address", "add", node+"/24", "dev", bridgeName)
	must(t, "ip", "link", "set", bridgeName, "up")
	for name, value := range map[string]string{
		"ipv4/ip_forward": "1", "bridge/bridge-nf-call-iptables": "1", "bridge/bridge-nf-call-ip6tables": "1",
	} {
		if err := os.WriteFile("/proc/sys/net/"+name, []byte(value), 0); err != nil {
			t.Skipf("the kernel cannot show a bridge's packets to rules: %v", err)
		}
	}
	index := 0
	for name, pod := range suite.Pods {
		index++
		port := fmt.Sprintf("veth%d", index)
		makeHost(t, name, port, pod.Address, node)
		must(t, "ip", "link", "set", port, "master", bridgeName)
		must(t, "ip", "link", "set", port, "type", "bridge_slave", "hairpin", "on")
	}
	makeHost(t, "outside", "eth0", suite.Outside, "192.0.2.254")
	must(t, "ip", "address", "add", "192.0.2.254/24", "dev", "eth0")
	for name := range suite.Pods {
		listen(t, name)
	}
	listen(t, "outside")
}

func makeHost(t *testing.T, name, port string, address netip.Addr, gateway string) {
	t.Helper()
	must(t, "ip", "netns", "add", name)
	must(t, "ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name)
	must(t, "ip", "link", "set", port, "up")
	must(t, "ip", "-n", name, "link", "set", "lo", "up")
	must(t, "ip", "-n", name, "address", "add", address.String()+"/24", "dev", "eth0")
	// Without it a link-local address is of no use for the first second.
	must(t, "ip", "netns", "exec", name, "sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/eth0/accept_dad")
	must(t, "ip", "-n", name, "link", "set", "eth0", "up")
	must(t, "ip", "-n", name, "route", "add", "default", "via", gateway)
}

// listen answers on each port, by TCP and UDP, with the host's name; the node has none, and says node.
func listen(t *testing.T, host string) {
	t.Helper()
	name := cmp.Or(host, "node")
	in(t, host, func() error {
		for _, port := range ports {
			streams, err := net.Listen("tcp", ":"+port)
			if err != nil {
				return err
			}
			go func() {
				for {
					connection, err := streams.Accept()
					if err != nil {
						return
					}
					go func() {
						_, _ = io.WriteString(connection, name)
						_, _ = io.Copy(connection, connection)
						_ = connection.Close()
					}()
				}
			}()
			packets, err := net.ListenPacket("udp", ":"+port)
			if err != nil {
				return err
			}
			go func() {
				buffer := make([]byte, 100)
				for {
					_, from, err := packets.ReadFrom(buffer)
					if err != nil {
						return
					}
					_, _ = packets.WriteTo([]byte(name), from)
				}
			}()
		}
		return nil
	})
}

// dial connects from a host, and gives the name of who answers.
func dial(t *testing.T, from, protocol, to string, patience time.Duration) (net.Conn, string) {
	t.Helper()
	var connection net.Conn
	var name string
	in(t, from, func() error {
		deadline := time.Now().Add(patience)
		var err error
		connection, err = (&net.Dialer{Deadline: deadline}).Dial(protocol, to)
		if err != nil {
			return nil
		}
		_ = connection.SetDeadline(deadline)
		if protocol == "udp" {
			_, _ = connection.Write([]byte("?"))
		}
		buffer := make([]byte, 100)
		length, _ := connection.Read(buffer)
		name = string(buffer[:length])
		return nil
	})
	return connection, name
}

// in runs a function on a thread in a host's network; sockets made there stay there.
func in(t *testing.T, name string, run func() error) {
	t.Helper()
	done := make(chan error)
	go func() {
		// Not unlocked: the thread ends with the goroutine, and nobody else is put on it.
		runtime.LockOSThread()
		if name == "" {
			done <- run()
			return
		}
		file, err := os.Open("/run/netns/" + name)
		if err == nil {
			err = unix.Setns(int(file.Fd()), unix.CLONE_NEWNET)
			_ = file.Close()
		}
		if err == nil {
			err = run()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Errorf("in %s: %v", name, err)
	}
}

func must(t *testing.T, words ...string) string {
	t.Helper()
	output, err := exec.Command(words[0], words[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(words, " "), err, output)
	}
	return string(output)
}

func nft(t *testing.T, script string) {
	t.Helper()
	command := exec.Command("nft", "-f", "-")
	command.Stdin = strings.NewReader(script)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("nft: %v\n%s", err, output)
	}
}
