package awsprovider

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// engineLog is the engine that the dynamic provider sees. It passes log lines on, under the names that
// resources have in the program.
type engineLog struct {
	pulumirpc.UnimplementedEngineServer

	engine pulumirpc.EngineClient
}

// serveLog starts an engineLog before the engine at addr, and returns its own address. It ends with ctx.
func serveLog(ctx context.Context, addr string) (string, error) {
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()), rpcutil.GrpcChannelOptions())
	if err != nil {
		return "", fmt.Errorf("engine: %w", err)
	}
	cancel := make(chan bool)
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterEngineServer(server, &engineLog{engine: pulumirpc.NewEngineClient(conn)})
			return nil
		},
	})
	if err != nil {
		return "", fmt.Errorf("log of the dynamic provider: %w", err)
	}
	go func() {
		<-ctx.Done()
		close(cancel)
		_ = conn.Close()
	}()
	return fmt.Sprintf("127.0.0.1:%d", handle.Port), nil
}

func (l *engineLog) Log(ctx context.Context, req *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	req.Urn = officialURN(req.GetUrn())
	// The failed call itself tells the engine the same: as an error, this line would count as a second failure.
	if strings.HasPrefix(req.GetMessage(), "[ERROR]") {
		req.Severity = pulumirpc.LogSeverity_DEBUG
	}
	return l.engine.Log(ctx, req)
}

// officialURN is the URN of a resource with pulumi-aws's token in place of the dynamic provider's.
func officialURN(urn string) string {
	for official := range resources {
		if token, err := resourceToken(official); err == nil && strings.Contains(urn, token+"::") {
			return rewriteURN(urn, token, official)
		}
	}
	return urn
}
