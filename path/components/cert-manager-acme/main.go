// Those controllers of cert-manager that ask authorities which speak ACME (RFC 8555). It runs beside the program of the
// module cert-manager, which has all others.
package main

import (
	"errors"
	"flag"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	apiutil "github.com/cert-manager/cert-manager/pkg/api/util"
	"github.com/cert-manager/cert-manager/pkg/controller"
	_ "github.com/cert-manager/cert-manager/pkg/controller/acmechallenges"
	_ "github.com/cert-manager/cert-manager/pkg/controller/acmeorders"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/acme"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/acme"
	"github.com/cert-manager/cert-manager/pkg/issuer/acme/dns/util"

	"ptp.local/components/cert-manager/controllers"
)

func main() {
	image := flag.String("acme-http01-solver-image", "", "the image of the pod that answers HTTP01 challenges")
	nameservers := flag.String("dns01-recursive-nameservers", "", "where DNS01 challenges are looked for, as host:port,…; empty: where all names are, then in the zone itself")
	controllers.Main("cert-manager-acme", []string{apiutil.IssuerCA, apiutil.IssuerSelfSigned}, func(o *controller.ContextOptions) error {
		if *image == "" {
			return errors.New("--acme-http01-solver-image is missing")
		}
		o.EnableGatewayAPI = true
		// Issuers may ask with the identity that the cloud gives these pods: only one project's issuers are here.
		o.IssuerAmbientCredentials = true
		o.ACMEOptions = controller.ACMEOptions{
			HTTP01SolverImage:                 *image,
			HTTP01SolverResourceRequestCPU:    resource.MustParse("10m"),
			HTTP01SolverResourceRequestMemory: resource.MustParse("16Mi"),
			HTTP01SolverResourceLimitsCPU:     resource.MustParse("100m"),
			HTTP01SolverResourceLimitsMemory:  resource.MustParse("64Mi"),
			ACMEHTTP01SolverRunAsNonRoot:      true,
			DNS01CheckAuthoritative:           *nameservers == "",
			DNS01Nameservers:                  util.RecursiveNameservers,
			DNS01CheckRetryPeriod:             3 * time.Second,
		}
		if *nameservers != "" {
			o.ACMEOptions.DNS01Nameservers = strings.Split(*nameservers, ",")
		}
		return nil
	})
}
