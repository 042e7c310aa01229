# Node runs the TypeScript sources as they are, so there is nothing to build; only packages are installed.
FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No script of a dependency runs, and neither tools nor the Node that npm carries for developers go into the image.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="dcc-operator" \
      org.opencontainers.image.description="Unsubscribes physical servers of a Huawei Cloud Dedicated Computing Cluster safely" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
ENV NODE_ENV=production
COPY --from=packages /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY operator ./operator
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["node", "operator/main.ts"]
