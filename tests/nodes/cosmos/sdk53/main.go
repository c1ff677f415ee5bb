// A node with the staking and governance modules of Cosmos SDK 0.53, the line that Akash runs.
package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"

	"cosmossdk.io/depinject"
	"cosmossdk.io/log"
	cmtcfg "github.com/cometbft/cometbft/config"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/cosmos-sdk/client"
	clientconfig "github.com/cosmos/cosmos-sdk/client/config"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/client/keys"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/server"
	svrcmd "github.com/cosmos/cosmos-sdk/server/cmd"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	"github.com/cosmos/cosmos-sdk/testutil/configurator"
	"github.com/cosmos/cosmos-sdk/types/module"
	_ "github.com/cosmos/cosmos-sdk/x/auth"
	_ "github.com/cosmos/cosmos-sdk/x/auth/tx/config"
	"github.com/cosmos/cosmos-sdk/x/auth/types"
	_ "github.com/cosmos/cosmos-sdk/x/bank"
	_ "github.com/cosmos/cosmos-sdk/x/consensus"
	_ "github.com/cosmos/cosmos-sdk/x/distribution"
	_ "github.com/cosmos/cosmos-sdk/x/genutil"
	genutilcli "github.com/cosmos/cosmos-sdk/x/genutil/client/cli"
	_ "github.com/cosmos/cosmos-sdk/x/gov"
	govcli "github.com/cosmos/cosmos-sdk/x/gov/client/cli"
	_ "github.com/cosmos/cosmos-sdk/x/mint"
	_ "github.com/cosmos/cosmos-sdk/x/params"
	_ "github.com/cosmos/cosmos-sdk/x/slashing"
	_ "github.com/cosmos/cosmos-sdk/x/staking"
	"github.com/spf13/cobra"
)

const home = ".observatory-node"

func modules() depinject.Config {
	return configurator.NewAppConfig(
		configurator.AuthModule(),
		configurator.BankModule(),
		configurator.ConsensusModule(),
		configurator.DistributionModule(),
		configurator.GenutilModule(),
		configurator.GovModule(),
		configurator.MintModule(),
		configurator.ParamsModule(),
		configurator.SlashingModule(),
		configurator.StakingModule(),
		configurator.TxModule(),
	)
}

func app(logger log.Logger, db dbm.DB, trace io.Writer, options servertypes.AppOptions) servertypes.Application {
	var builder *runtime.AppBuilder
	supplies := depinject.Configs(modules(), depinject.Supply(logger, options))
	if err := depinject.Inject(supplies, &builder); err != nil {
		panic(err)
	}
	node := builder.Build(db, trace, server.DefaultBaseappOptions(options)...)
	if err := node.Load(true); err != nil {
		panic(err)
	}
	return node
}

func export(
	log.Logger, dbm.DB, io.Writer, int64, bool, []string, servertypes.AppOptions, []string,
) (servertypes.ExportedApp, error) {
	return servertypes.ExportedApp{AppState: json.RawMessage("{}")}, errors.New("this node does not export")
}

func root() (*cobra.Command, error) {
	var (
		basics   module.BasicManager
		cdc      codec.Codec
		amino    *codec.LegacyAmino
		registry codectypes.InterfaceRegistry
		txConfig client.TxConfig
	)
	supplies := depinject.Configs(modules(), depinject.Supply(log.NewNopLogger()))
	if err := depinject.Inject(supplies, &basics, &cdc, &amino, &registry, &txConfig); err != nil {
		return nil, err
	}
	context := client.Context{}.
		WithCodec(cdc).
		WithInterfaceRegistry(registry).
		WithLegacyAmino(amino).
		WithTxConfig(txConfig).
		WithInput(os.Stdin).
		WithAccountRetriever(types.AccountRetriever{}).
		WithHomeDir(home).
		WithViper("")
	command := &cobra.Command{
		Use:           "node",
		SilenceErrors: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			context, err := client.ReadPersistentCommandFlags(context.WithCmdContext(cmd.Context()), cmd.Flags())
			if err != nil {
				return err
			}
			if context, err = clientconfig.ReadFromClientConfig(context); err != nil {
				return err
			}
			if err := client.SetCmdClientContextHandler(context, cmd); err != nil {
				return err
			}
			settings := serverconfig.DefaultConfig()
			settings.MinGasPrices = "0stake"
			return server.InterceptConfigsPreRunHandler(
				cmd, serverconfig.DefaultConfigTemplate, settings, cmtcfg.DefaultConfig(),
			)
		},
	}
	command.PersistentFlags().String(flags.FlagKeyringBackend, "test", "where keys are kept")
	transactions := &cobra.Command{Use: "tx"}
	governance := &cobra.Command{Use: "gov"}
	governance.AddCommand(govcli.NewCmdSubmitLegacyProposal(), govcli.NewCmdVote(), govcli.NewCmdWeightedVote())
	transactions.AddCommand(governance)
	command.AddCommand(genutilcli.InitCmd(basics, home), keys.Commands(), transactions)
	server.AddCommands(command, home, app, export, func(*cobra.Command) {})
	return command, nil
}

func main() {
	command, err := root()
	if err != nil {
		panic(err)
	}
	if err := svrcmd.Execute(command, "", home); err != nil {
		os.Exit(1)
	}
}
