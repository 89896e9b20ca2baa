# docker build -t p2 .                                  the numstore image
# docker run -d -p 54321:5440 p2                        serve on port 54321
# docker run -d -p 54321:5440 p2 --workers 8            flags go last; see --help
#
# --build-arg SERVICE=... and PORT=... build another service of services/, such as raftkv:
#
# docker build --build-arg SERVICE=raftkv --build-arg PORT=6000 -t raftkv .
# docker run -d -p 6000:6000 -v raftkv:/data raftkv     the data is in the volume, and outlives the container
#
# The build does not see the repository. --build-arg COMMIT=$(git rev-parse HEAD) lets --version tell the commit.

FROM golang:1.26-bookworm AS build
ENV CGO_ENABLED=0 GOWORK=off GOFLAGS=-trimpath
WORKDIR /src
# The modules first, by what names them: a change in Go code does not download them again.
COPY contracts/go.mod contracts/go.sum contracts/
COPY services/go.mod services/go.sum services/
RUN cd services && go mod download
# What every service is made of, compiled once for all of them and for every change to come: a service that needs less or more is made
# all the same.
RUN cd services && go build google.golang.org/grpc/reflection google.golang.org/grpc/channelz/service google.golang.org/grpc/health \
	google.golang.org/grpc/encoding/gzip github.com/prometheus/client_golang/prometheus/promhttp github.com/alecthomas/kong
COPY contracts contracts
COPY services services
ARG SERVICE=numstore
ARG COMMIT=
RUN cd services && go build -ldflags="-s -w -X numstore.example/contracts/version.commit=$COMMIT" -o /server ./"$SERVICE"
RUN mkdir /data

FROM scratch
ARG SERVICE=numstore
ARG PORT=5440
LABEL org.opencontainers.image.title=$SERVICE
COPY --from=build /server /server
# What a service keeps lies below its working folder, the one place here that it may write to. There is no
# VOLUME: numstore keeps nothing, and every run of it would leave a nameless one behind. Without -v the data
# lives as long as the container. A named volume takes over the owner of /data; a folder of the host must
# belong to the user below.
COPY --from=build --chown=65532:65532 /data /data
WORKDIR /data
# Nobody in particular: there is no user database here, and the server needs no rights.
USER 65532:65532
EXPOSE $PORT
# The verb asks the address that the server listens on: change it with -e NUMSTORE_ADDR=..., which both
# see, rather than with a flag.
HEALTHCHECK --interval=5s --timeout=4s --retries=3 CMD ["/server", "healthcheck"]
ENTRYPOINT ["/server"]
