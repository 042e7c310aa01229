// Names the Prometheus operator whose definitions a real cluster takes: see ../../binaries.ts. Nothing of it is built.
module dcc-operator.io/test/cluster/prometheus-operator

go 1.26.0

require github.com/prometheus-operator/prometheus-operator v0.85.0
