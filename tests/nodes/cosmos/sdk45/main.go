// A node with the staking and governance modules of Cosmos SDK 0.45, the line that fetchhub-4 runs.
package main

import (
	"os"

	"github.com/cosmos/cosmos-sdk/server"
	svrcmd "github.com/cosmos/cosmos-sdk/server/cmd"
	"github.com/cosmos/cosmos-sdk/simapp"
	"github.com/cosmos/cosmos-sdk/simapp/simd/cmd"
)

func main() {
	root, _ := cmd.NewRootCmd()
	if err := svrcmd.Execute(root, simapp.DefaultNodeHome); err != nil {
		if exit, ok := err.(server.ErrorCode); ok {
			os.Exit(exit.Code)
		}
		os.Exit(1)
	}
}
