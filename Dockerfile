FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No script of a dependency runs. What is installed here only builds: nothing of it goes into the image.
RUN npm ci --ignore-scripts
COPY rolldown.config.ts ./
COPY operator ./operator
RUN npm run build

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="dcc-operator" \
      org.opencontainers.image.description="Unsubscribes physical servers of a Huawei Cloud Dedicated Computing Cluster safely" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
# One allocation arena instead of one per thread: 2 MB less.
ENV NODE_ENV=production MALLOC_ARENA_MAX=1
COPY package.json LICENSE ./
COPY --from=build /app/dist ./dist
USER 65532:65532
EXPOSE 8080
# By default V8 lets the space for young objects grow to 16 MB, three times over, and the heap to several times what is in use
# before it collects: with 2,000 objects 138 MB instead of 103.
ENTRYPOINT ["node", "--max-semi-space-size=2", "--heap-growing-percent=20", "dist/operator.js"]
