{{- define "dcc-operator.fullname" -}}
{{- if contains "dcc-operator" .Release.Name }}{{ .Release.Name | trunc 63 | trimSuffix "-" }}{{ else }}{{ printf "%s-dcc-operator" .Release.Name | trunc 63 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- /* Whose existence stops all ordering. */}}
{{- define "dcc-operator.haltConfigMap" -}}
{{ include "dcc-operator.fullname" . | trunc 58 | trimSuffix "-" }}-halt
{{- end }}

{{- define "dcc-operator.selectorLabels" -}}
app.kubernetes.io/name: dcc-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "dcc-operator.labels" -}}
{{ include "dcc-operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}
