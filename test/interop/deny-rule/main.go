// The judge of deny rules: the API server's own loader, validation, compiler and matcher of authorization configurations.
//
// It reads { "configuration": AuthorizationConfiguration, "reviews": SubjectAccessReviewSpec[] } and says what is wrong with the configuration, and what
// becomes of each review at its first authorizer, a webhook: "skipped", "called", or "denied" with the error that its failure policy makes a denial.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	api "k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/apis/apiserver/load"
	"k8s.io/apiserver/pkg/apis/apiserver/validation"
	"k8s.io/apiserver/pkg/authorization/cel"
)

type question struct {
	Configuration json.RawMessage                           `json:"configuration"`
	Reviews       []authorizationv1.SubjectAccessReviewSpec `json:"reviews"`
}

type answer struct {
	Faults   []string `json:"faults"`
	Outcomes []string `json:"outcomes"`
}

func main() {
	var asked question
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		panic(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(judge(asked)); err != nil {
		panic(err)
	}
}

// The types are those of pkg/kubeapiserver/authorizer/modes: of Webhook there may be several.
func judge(asked question) answer {
	said := answer{Faults: []string{}, Outcomes: []string{}}
	configuration, err := load.LoadFromData(asked.Configuration)
	if err != nil {
		said.Faults = append(said.Faults, err.Error())
		return said
	}
	known := sets.New[string]("AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook")
	compiler := cel.NewDefaultCompiler()
	for _, fault := range validation.ValidateAuthorizationConfiguration(compiler, nil, configuration, known, sets.New[string]("Webhook")) {
		said.Faults = append(said.Faults, fault.Error())
	}
	if webhook := configuration.Authorizers[0].Webhook; webhook != nil {
		matcher, faults := validation.ValidateAndCompileMatchConditions(compiler, webhook.MatchConditions)
		if len(faults) > 0 {
			return said
		}
		for _, spec := range asked.Reviews {
			said.Outcomes = append(said.Outcomes, outcome(webhook, matcher, spec))
		}
	}
	return said
}

// What plugin/pkg/authorizer/webhook does with the matcher's answer.
func outcome(webhook *api.WebhookConfiguration, matcher *cel.CELMatcher, spec authorizationv1.SubjectAccessReviewSpec) string {
	matches, err := matcher.Eval(context.Background(), &authorizationv1.SubjectAccessReview{Spec: spec})
	switch {
	case err != nil && webhook.FailurePolicy == api.FailurePolicyDeny:
		return fmt.Sprintf("denied: %v", err)
	case err != nil:
		return fmt.Sprintf("no opinion: %v", err)
	case matches:
		return "called"
	default:
		return "skipped"
	}
}
