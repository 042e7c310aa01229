# The bases by name, since a digest can only be given by who can look it up: a release gives both with theirs, such as
#   --build-arg RUNTIME_BASE=gcr.io/distroless/nodejs24-debian13:nonroot@sha256:...
# docs/image.md says how, and how the image comes out the same twice.
ARG BUILD_BASE=docker.io/library/node:24-trixie-slim
# Node 24 and the libraries that it needs, nothing else: no shell and no package manager for whoever gets in, and fewer packages
# with weaknesses than any image that has them. The operator starts no other program, so it lacks nothing.
ARG RUNTIME_BASE=gcr.io/distroless/nodejs24-debian13:nonroot

FROM ${BUILD_BASE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No script of a dependency runs. What is installed here only builds: nothing of it goes into the image.
RUN npm ci --ignore-scripts
COPY *.config.ts LICENSE ./
COPY operator ./operator
# Files of a checkout have the modes that its user's umask gives; those of the image are always the same.
RUN npm run build && chmod -R u=rwX,go=rX package.json LICENSE dist

FROM ${RUNTIME_BASE}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="dcc-operator" \
      org.opencontainers.image.description="Unsubscribes physical servers of a Huawei Cloud Dedicated Computing Cluster safely" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
WORKDIR /app
# One allocation arena instead of one per thread: 2 MB less.
ENV NODE_ENV=production MALLOC_ARENA_MAX=1
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/dist ./dist
USER 65532:65532
EXPOSE 8080
# By default V8 lets the space for young objects grow to 16 MB, three times over, and the heap to several times what is in use
# before it collects: with 2,000 objects 138 MB instead of 103.
ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=2", "--heap-growing-percent=20", "/app/dist/operator.js"]
