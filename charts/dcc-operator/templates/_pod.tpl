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
{{- $endpoints := list }}
{{- range $service, $url := .Values.endpoints }}
{{- $endpoints = append $endpoints (printf "%s=%s" $service $url) }}
{{- end }}
{{- with $endpoints }}
- {{ printf "--endpoints=%s" (join "," .) | quote }}
{{- end }}
{{- with .Values.additionalRegions }}
- --additional-regions={{ join "," . }}
{{- end }}
- --poll-interval={{ .Values.pollInterval }}
- --concurrency={{ .Values.concurrency }}
- --log-level={{ .Values.logLevel }}
- --health-address=0.0.0.0:8080
- --max-open-orders={{ .Values.budget.openOrders }}
- --max-orders-per-hour={{ .Values.budget.ordersPerHour }}
{{- with .Values.refundRates }}
- {{ printf "--refund-rates=%s" (toJson .) | quote }}
{{- end }}
- --order-visible-within={{ .Values.orderVisibleWithin }}
- --halt-config-map={{ include "dcc-operator.haltConfigMap" . }}
- --lease-name={{ include "dcc-operator.fullname" . }}
{{- with .Values.credentials.agency }}
- {{ printf "--agency=%s" . | quote }}
{{- end }}
{{- range .Values.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end }}

{{- /* Who it is, and its credentials: docs/credentials.md has the names. */}}
{{- define "dcc-operator.environment" -}}
{{- $token := .Values.credentials.openIdConnect }}
env:
  - name: POD_NAME
    valueFrom:
      fieldRef:
        fieldPath: metadata.name
  - name: POD_NAMESPACE
    valueFrom:
      fieldRef:
        fieldPath: metadata.namespace
{{- if $token.identityProvider }}
  - { name: HUAWEICLOUD_SDK_IDP_ID, value: {{ $token.identityProvider | quote }} }
  - { name: HUAWEICLOUD_SDK_ID_TOKEN_FILE, value: /var/run/secrets/huaweicloud/token }
{{- else if $token.providerUrn }}
  - { name: HUAWEICLOUD_OIDC_PROVIDER_URN, value: {{ $token.providerUrn | quote }} }
  - { name: HUAWEICLOUD_OIDC_AGENCY_URN, value: {{ $token.agencyUrn | quote }} }
  - { name: HUAWEICLOUD_OIDC_TOKEN_FILE, value: /var/run/secrets/huaweicloud/token }
{{- end }}
{{- with .Values.extraEnv }}
{{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.credentials.existingSecret }}
envFrom:
  - secretRef:
      name: {{ . }}
{{- end }}
{{- if or (include "dcc-operator.usesToken" .) .Values.extraVolumeMounts }}
volumeMounts:
{{- if include "dcc-operator.usesToken" . }}
  - { name: huaweicloud-token, mountPath: /var/run/secrets/huaweicloud, readOnly: true }
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{- define "dcc-operator.usesToken" -}}
{{- with .Values.credentials.openIdConnect }}
{{- if or .identityProvider .providerUrn }}yes{{ end }}
{{- end }}
{{- end }}

{{- define "dcc-operator.volumes" -}}
{{- if or (include "dcc-operator.usesToken" .) .Values.extraVolumes }}
volumes:
{{- if include "dcc-operator.usesToken" . }}
  # The kubelet replaces it long before it ends; the operator reads it anew for each key.
  - name: huaweicloud-token
    projected:
      sources:
        - serviceAccountToken:
            path: token
            audience: {{ .Values.credentials.openIdConnect.audience }}
            expirationSeconds: 3600
{{- end }}
{{- with .Values.extraVolumes }}
{{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}
