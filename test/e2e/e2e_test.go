package e2e_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/addonkit/addonkit/test/audit"
	"github.com/addonkit/addonkit/test/e2e"
)

func TestMain(m *testing.M) { e2e.Main(m) }

func TestADeploymentBecomesAvailable(t *testing.T) {
	client, namespace := e2e.Admin(t), e2e.Namespace(t)
	create(t, client, namespace, deployment("web", ""))
	e2e.Await(t, "the deployment", func(ctx context.Context) (bool, error) {
		got, err := client.AppsV1().Deployments(namespace).Get(ctx, "web", metav1.GetOptions{})
		return err == nil && got.Status.AvailableReplicas == 3, err
	})
}

func TestPodsThatEnd(t *testing.T) {
	client, namespace := e2e.Admin(t), e2e.Namespace(t)
	for name, pod := range map[string]struct {
		policy    corev1.RestartPolicy
		behaviour string
		phase     corev1.PodPhase
	}{
		"hook":         {corev1.RestartPolicyNever, "", corev1.PodSucceeded},
		"hook-slow":    {corev1.RestartPolicyNever, "slow", corev1.PodSucceeded},
		"hook-fails":   {corev1.RestartPolicyNever, "crash", corev1.PodFailed},
		"hook-retries": {corev1.RestartPolicyOnFailure, "", corev1.PodSucceeded},
		"stays":        {corev1.RestartPolicyAlways, "", corev1.PodRunning},
	} {
		t.Run(name, func(t *testing.T) {
			spec := template(pod.behaviour)
			spec.Spec.RestartPolicy = pod.policy
			_, err := client.CoreV1().Pods(namespace).Create(t.Context(), &corev1.Pod{
				ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: spec.Annotations}, Spec: spec.Spec}, metav1.CreateOptions{})
			require.NoError(t, err)
			e2e.Await(t, "the pod's phase", func(ctx context.Context) (bool, error) {
				got, err := client.CoreV1().Pods(namespace).Get(ctx, name, metav1.GetOptions{})
				return err == nil && got.Status.Phase == pod.phase, err
			})
		})
	}
}

func TestAJobEnds(t *testing.T) {
	client, namespace := e2e.Admin(t), e2e.Namespace(t)
	for behaviour, condition := range map[string]batchv1.JobConditionType{"": batchv1.JobComplete, "crash": batchv1.JobFailed} {
		name := "job" + behaviour
		spec := template(behaviour)
		spec.Spec.RestartPolicy = corev1.RestartPolicyNever
		never := int32(0)
		_, err := client.BatchV1().Jobs(namespace).Create(t.Context(), &batchv1.Job{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec:       batchv1.JobSpec{Template: spec, BackoffLimit: &never},
		}, metav1.CreateOptions{})
		require.NoError(t, err)
		e2e.Await(t, name, func(ctx context.Context) (bool, error) {
			got, err := client.BatchV1().Jobs(namespace).Get(ctx, name, metav1.GetOptions{})
			for _, c := range got.Status.Conditions {
				if c.Type == condition && c.Status == corev1.ConditionTrue {
					return true, nil
				}
			}
			return false, err
		})
	}
}

func TestPodsMisbehaveWhenToldTo(t *testing.T) {
	client, namespace := e2e.Admin(t), e2e.Namespace(t)
	for _, behaviour := range []string{"crash", "slow", "never"} {
		create(t, client, namespace, deployment(behaviour, behaviour))
	}
	began := time.Now()
	status := func(ctx context.Context, name string) (appsv1.DeploymentStatus, []corev1.Pod, error) {
		got, err := client.AppsV1().Deployments(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return appsv1.DeploymentStatus{}, nil, err
		}
		pods, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: "app=" + name})
		return got.Status, pods.Items, err
	}
	e2e.Await(t, "CrashLoopBackOff", func(ctx context.Context) (bool, error) {
		got, pods, err := status(ctx, "crash")
		return err == nil && len(pods) == 3 && len(pods[0].Status.ContainerStatuses) == 1 &&
			pods[0].Status.ContainerStatuses[0].State.Waiting.Reason == "CrashLoopBackOff" && got.AvailableReplicas == 0, err
	})
	e2e.Await(t, "the slow deployment", func(ctx context.Context) (bool, error) {
		got, _, err := status(ctx, "slow")
		return err == nil && got.AvailableReplicas == 3, err
	})
	require.GreaterOrEqual(t, time.Since(began), 2*time.Second)
	got, pods, err := status(t.Context(), "never")
	require.NoError(t, err)
	require.Zero(t, got.AvailableReplicas)
	require.Equal(t, corev1.PodPending, pods[0].Status.Phase)
	require.NotEmpty(t, pods[0].Spec.NodeName)
}

func TestAnAccountMayDoWhatItsRulesAllow(t *testing.T) {
	namespace := e2e.Namespace(t)
	config := e2e.ServiceAccount(t, namespace, "reader", e2e.Allow("", []string{"configmaps"}, []string{"get", "list"}))
	client, err := kubernetes.NewForConfig(config)
	require.NoError(t, err)
	_, err = client.CoreV1().ConfigMaps(namespace).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	_, err = client.CoreV1().Secrets(namespace).List(t.Context(), metav1.ListOptions{})
	require.True(t, apierrors.IsForbidden(err), "%v", err)
	_, err = client.CoreV1().ConfigMaps("default").List(t.Context(), metav1.ListOptions{})
	require.True(t, apierrors.IsForbidden(err), "%v", err)
}

func TestTheAuditLogCountsExactly(t *testing.T) {
	log, namespace := e2e.Cluster(t).Audit(), e2e.Namespace(t)
	config := e2e.ServiceAccount(t, namespace, "counted", rbacv1.PolicyRule{
		APIGroups: []string{"", "apps"}, Resources: []string{"configmaps", "deployments"}, Verbs: []string{"*"}})
	client, err := kubernetes.NewForConfig(config)
	require.NoError(t, err)
	configMaps := client.CoreV1().ConfigMaps(namespace)
	mark, err := log.Mark(t.Context())
	require.NoError(t, err)

	for range 5 {
		_, err := configMaps.Get(t.Context(), "missing", metav1.GetOptions{})
		require.True(t, apierrors.IsNotFound(err))
	}
	_, err = configMaps.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "one"}}, metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = configMaps.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "dry"}}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	require.NoError(t, err)
	watch, err := configMaps.Watch(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	_, err = client.CoreV1().Secrets(namespace).List(t.Context(), metav1.ListOptions{})
	require.True(t, apierrors.IsForbidden(err))
	watch.Stop()
	_, err = client.AppsV1().Deployments(namespace).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	require.NoError(t, configMaps.Delete(t.Context(), "one", metav1.DeleteOptions{}))

	events, next, err := log.Until(t.Context(), mark)
	require.NoError(t, err)
	mine := events.Where(audit.Agent("counted"))
	require.Equal(t, audit.Table{
		{Client: "counted", Verb: "get", Kind: "configmaps", Count: 5},
		{Client: "counted", Verb: "create", Kind: "configmaps", Count: 2},
		{Client: "counted", Verb: "delete", Kind: "configmaps", Count: 1},
		{Client: "counted", Verb: "list", Kind: "deployments.apps", Count: 1},
		{Client: "counted", Verb: "list", Kind: "secrets", Count: 1},
		{Client: "counted", Verb: "watch", Kind: "configmaps", Count: 1},
	}, mine.Table())
	require.Len(t, mine.Where(audit.Mutating), 2, "a dry run changes nothing:\n%s", mine.Where(audit.Mutating).Table())
	require.Len(t, mine.Where(audit.Failed, audit.Verb("list")), 1)
	require.Len(t, events.Where(audit.User("system:serviceaccount:"+namespace+":counted")), 11)

	events, _, err = log.Until(t.Context(), next)
	require.NoError(t, err)
	require.Empty(t, events.Where(audit.Agent("counted")), "a window begins where the last one ended")
}

func create(t *testing.T, client kubernetes.Interface, namespace string, d *appsv1.Deployment) {
	t.Helper()
	_, err := client.AppsV1().Deployments(namespace).Create(t.Context(), d, metav1.CreateOptions{})
	require.NoError(t, err)
}

func deployment(name, behaviour string) *appsv1.Deployment {
	replicas, labels := int32(3), map[string]string{"app": name}
	pod := template(behaviour)
	pod.Labels = labels
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       appsv1.DeploymentSpec{Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: pod},
	}
}

func template(behaviour string) corev1.PodTemplateSpec {
	template := corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "nothing"}}}}
	if behaviour != "" {
		template.Annotations = map[string]string{"sim/behaviour": behaviour}
	}
	return template
}
