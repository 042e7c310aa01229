{{- /* What every pod of the chart shares. */}}
{{- define "dcc-operator.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "dcc-operator.podSecurity" -}}
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "dcc-operator.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "dcc-operator.placement" -}}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Which objects the operator looks after. */}}
{{- define "dcc-operator.scopeArgs" -}}
{{- with .Values.namespaces }}
- --namespaces={{ join "," . }}
{{- end }}
{{- with .Values.selector }}
- {{ printf "--selector=%s" . | quote }}
{{- end }}
{{- end }}

{{- /* All flags of the operator. */}}
{{- define "dcc-operator.args" -}}
- --mode={{ .Values.mode }}
{{- include "dcc-operator.scopeArgs" . }}
- --site={{ .Values.site }}
- --poll-interval={{ .Values.pollInterval }}
- --log-level={{ .Values.logLevel }}
- --health-address=0.0.0.0:8080
- --max-open-orders={{ .Values.budget.openOrders }}
- --max-orders-per-hour={{ .Values.budget.ordersPerHour }}
{{- with .Values.refundRates }}
- {{ printf "--refund-rates=%s" (toJson .) | quote }}
{{- end }}
- --halt-config-map={{ include "dcc-operator.haltConfigMap" . }}
- --lease-name={{ include "dcc-operator.fullname" . }}
{{- range .Values.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end }}

{{- /* Who it is, and its credentials. */}}
{{- define "dcc-operator.environment" -}}
env:
  - name: POD_NAME
    valueFrom:
      fieldRef:
        fieldPath: metadata.name
  - name: POD_NAMESPACE
    valueFrom:
      fieldRef:
        fieldPath: metadata.namespace
{{- with .Values.credentials.existingSecret }}
envFrom:
  - secretRef:
      name: {{ . }}
{{- end }}
{{- end }}
