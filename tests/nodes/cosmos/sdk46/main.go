// A node with the staking and governance modules of Cosmos SDK 0.46, the first with governance v1.
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
	if err := svrcmd.Execute(root, "", simapp.DefaultNodeHome); err != nil {
		if exit, ok := err.(server.ErrorCode); ok {
			os.Exit(exit.Code)
		}
		os.Exit(1)
	}
}
